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
    TemplateKind.STILL_WAITING: {
        "en": Words(
            "[#{{ticket_number}}] You are still in line: {{subject}}",
            "Hello {{contact_name}},\n\n"
            "your message has not been answered yet: more people than usual are writing to us. It "
            "keeps its place in line, and you need not write again. Its number is "
            "{{ticket_number}}.\n\n"
            "{{brand}}",
            None,
        ),
        "zh-CN": Words(
            "[#{{ticket_number}}] 您的来信仍在排队：{{subject}}",
            "{{contact_name}}，您好！\n\n"
            "目前来信较多，您的来信尚未得到回复。排队位置会保留，无需重复来信。"
            "服务单编号：{{ticket_number}}。\n\n"
            "{{brand}}",
            None,
        ),
    },
    TemplateKind.CALLBACK_OFFER: {
        "en": Words(
            "[#{{ticket_number}}] Shall we call you? {{subject}}",
            "Hello {{contact_name}},\n\n"
            "your message {{ticket_number}} has not been answered yet. If you would rather talk "
            "to us, answer this mail with your phone number and a good time, and we will call "
            "you. Otherwise you need not do anything: your message keeps its place in line.\n\n"
            "{{brand}}",
            None,
        ),
        "zh-CN": Words(
            "[#{{ticket_number}}] 需要我们给您回电吗？{{subject}}",
            "{{contact_name}}，您好！\n\n"
            "您的来信（编号 {{ticket_number}}）尚未得到回复。如果您希望电话沟通，"
            "请回复此邮件，告知电话号码和方便的时间，我们会给您回电。"
            "否则无需任何操作，您的排队位置会保留。\n\n"
            "{{brand}}",
            None,
        ),
    },
    TemplateKind.SIGNATURE: {},
    TemplateKind.FRAME: {},
}
