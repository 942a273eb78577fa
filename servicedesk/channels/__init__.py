"""One folder for each channel; each turns bytes into Inbound and Outbound into bytes."""
