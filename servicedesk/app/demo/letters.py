"""The mails that the sample company has received. People, firms and figures are invented."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid


@dataclass(frozen=True, slots=True)
class SampleMail:
    """`html` adds an alternative part; `file` is (name, text) of an attachment; `headers` stand
    beside the usual ones."""

    name: str
    address: str
    subject: str
    text: str
    to: str = "support@northwind-outdoor.example"
    html: str = ""
    file: tuple[str, str] | None = None
    headers: tuple[tuple[str, str], ...] = ()


HELD_BACK = (
    SampleMail(
        "Weekly Trail Deals",
        "deals@trail-deals.example",
        "70 % off: this week only!!!",
        "Only this week: all boots at 70 % off. Click now.",
        headers=(("X-Spam-Flag", "YES"), ("X-Spam-Status", "Yes, score=9.1 required=5.0")),
    ),
    SampleMail(
        "Outdoor Retail List",
        "list@outdoor-retail.example",
        "[retail] Digest of week 47",
        "Topics of this week: customs forms, stove fuel by air, returns after the sale.",
        headers=(("List-Id", "Outdoor retail <retail.outdoor-retail.example>"),),
    ),
    SampleMail(
        "Karin Holm",
        "karin.holm@fjellsport.example",
        "Automatic reply: Your order",
        "I am out of the office until Monday. In urgent cases call my colleagues.",
        headers=(("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")),
    ),
)
"""What opens no ticket: it waits in the quarantine for somebody to decide."""

SAMPLES = (
    SampleMail(
        "Lin Wei",
        "lin.wei@halden-outdoor.example",
        "Refund for order 88213 has not arrived",
        "Hello,\n\nwe returned two Fjell 60 packs on 6 November and the refund of €378.00 has not "
        "reached our account. The parcel was signed for on the 9th.\n\nCould you look into it?\n\n"
        "Best regards\nLin Wei",
        file=("return-receipt.txt", "Parcel 00340434 signed for on 9 November, 10:12.\n"),
    ),
    SampleMail(
        "Grace Okafor",
        "grace@okafor-climbing.example",
        "Change delivery address, order 90417",
        "Hi there,\n\nplease send order 90417 to our new shop: 12 Canal Road, Leeds.\n"
        "Is that still possible?\n\nGrace",
        html="<p>Hi there,</p><p>please send order <b>90417</b> to our new shop:<br>"
        "12 Canal Road, Leeds.</p><p>Is that still possible?</p><p>Grace</p>",
    ),
    SampleMail(
        "Claire Dubois",
        "claire.dubois@atelier-dubois.example",
        "Invoice 2291 shows the wrong VAT number",
        "Good morning,\n\ninvoice 2291 carries our old VAT number. Our accountant closes the month "
        "tonight, could you send a corrected one today?\n\nClaire Dubois",
    ),
    SampleMail(
        "Mikael Strand",
        "mikael.strand@fjellsport.example",
        "Stove regulator will not thread",
        "Hello,\n\nthe regulator of the Tarn stove does not thread onto the new cartridges. "
        "Is there an adapter?\n\nMikael",
    ),
    SampleMail(
        "王芳",
        "wang.fang@shanye.example",
        "订单 90555 少了一副登山杖",
        "您好：\n\n我们昨天收到订单 90555,清单上有四副登山杖,箱子里只有三副。"
        "外箱完好,没有拆封痕迹。请问怎么处理?\n\n王芳\n山野户外",
        to="service@northwind-outdoor.example",
    ),
    SampleMail(
        "Pedro Almeida",
        "pedro@serra-alpina.example",
        "Warranty: zip on Ridge 45 came apart",
        "Hello,\n\nthe main zip of a Ridge 45 that we sold in May came apart. The customer would "
        "like a repair rather than a new pack.\n\nPedro",
    ),
    SampleMail(
        "陈立",
        "chen.li@xingzhe.example",
        "发票抬头需要修改",
        "你好,\n\n发票 3107 的抬头写成了旧公司名,请改为“行者户外用品(杭州)有限公司”,谢谢。\n\n陈立",
        to="service@northwind-outdoor.example",
    ),
)


def raw_mail(sample: SampleMail, at: datetime) -> bytes:
    """Return the mail as it would come over SMTP."""
    mail = EmailMessage()
    mail["From"] = f"{sample.name} <{sample.address}>"
    mail["To"] = sample.to
    mail["Subject"] = sample.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = make_msgid(domain=sample.address.partition("@")[2])
    for name, value in sample.headers:
        mail[name] = value
    mail.set_content(sample.text)
    if sample.html:
        mail.add_alternative(sample.html, subtype="html")
    if sample.file:
        name, text = sample.file
        mail.add_attachment(text, filename=name)
    return mail.as_bytes()
