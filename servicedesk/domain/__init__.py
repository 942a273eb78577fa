"""The pure vocabulary that several packages share: ids, states, messages, errors."""
