"""The texts that a desk writes by itself as long as nobody has written better ones."""

from servicedesk.desk.template_words import TemplateKind, Words

BUILT_IN: dict[TemplateKind, dict[str, Words]] = {
    TemplateKind.ACKNOWLEDGEMENT: {
        "en": Words(
            "[#{{ticket_number}}] We have received your message: {{subject}}",
            "Hello {{contact_name}},\n\n"
            "we have received your message and will answer as soon as we can. Its number is "
            "{{ticket_number}}. If you want to add something, answer this mail.\n\n"
            "{{brand}}",
            None,
        ),
        "zh-CN": Words(
            "[#{{ticket_number}}] 我们已收到您的来信：{{subject}}",
            "{{contact_name}}，您好！\n\n"
            "您的来信我们已经收到，会尽快回复。服务单编号：{{ticket_number}}。"
            "如需补充，请直接回复此邮件。\n\n"
            "{{brand}}",
            None,
        ),
    },
    TemplateKind.SIGNATURE: {},
    TemplateKind.FRAME: {},
}
