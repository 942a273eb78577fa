from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from servicedesk.kernel.ids import new_id
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("servicedesk", "0002_what_models_cannot_say")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AcknowledgementRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("inbox_id", fields.UUIDField()),
                ("ticket_id", fields.UUIDField()),
                ("sender", fields.CharField(max_length=320)),
                ("subject_key", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "acknowledgement",
                "app": "servicedesk",
                "indexes": [
                    Index(fields=["sender", "created_at"], name="acknowledgement_sender"),
                    Index(fields=["inbox_id", "created_at"], name="acknowledgement_inbox"),
                ],
                "pk_attr": "id",
                "table_description": "An acknowledgement that was sent, for the brakes. `subject_key`: hash of the bare subject.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CalendarRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("name", fields.CharField(unique=True, max_length=100)),
                ("revision", fields.IntField(db_default=1)),
                ("is_default", fields.BooleanField(db_default=False)),
                ("sources", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("version", fields.IntField(db_default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "archived_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "calendar",
                "app": "servicedesk",
                "pk_attr": "id",
                "table_description": "`revision` is the newest version's number. `sources` are the countries and regions whose",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CalendarVersionRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "calendar",
                    fields.ForeignKeyField(
                        "servicedesk.CalendarRow",
                        source_field="calendar_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("revision", fields.IntField()),
                ("document", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("names", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("made_by", fields.UUIDField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "calendar_version",
                "app": "servicedesk",
                "unique_together": (("calendar", "revision"),),
                "pk_attr": "id",
                "table_description": "One version of a calendar, never changed. `document` has its hours, `names` its holidays'.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EscalationRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("ticket_id", fields.UUIDField()),
                ("metric", fields.CharField(max_length=24)),
                ("audience", fields.CharField(max_length=16)),
                ("instance", fields.IntField()),
                ("step", fields.CharField(max_length=36)),
                ("policy_id", fields.CharField(max_length=64)),
                ("policy_version", fields.IntField()),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("fired_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "suppressed_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "acknowledged_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("acknowledged_by", fields.UUIDField(null=True)),
            ],
            options={
                "table": "escalation",
                "app": "servicedesk",
                "unique_together": (("ticket_id", "metric", "audience", "instance", "step"),),
                "pk_attr": "id",
                "table_description": "A step of a ladder that fired. Unique for each clock and step: so each fires once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EscalationNoticeRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "escalation",
                    fields.ForeignKeyField(
                        "servicedesk.EscalationRow",
                        source_field="escalation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "servicedesk.UserRow",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("ticket_id", fields.UUIDField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("seen_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "escalation_notice",
                "app": "servicedesk",
                "unique_together": (("escalation", "user"),),
                "indexes": [Index(fields=["user_id", "created_at"], name="escalation_notice_user")],
                "pk_attr": "id",
                "table_description": "Somebody was told of an escalation.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FinishedClockRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("ticket_id", fields.UUIDField()),
                ("metric", fields.CharField(max_length=24)),
                ("audience", fields.CharField(max_length=16)),
                ("instance", fields.IntField()),
                ("policy_id", fields.CharField(max_length=64)),
                ("policy_version", fields.IntField()),
                ("calendar", fields.CharField(null=True, max_length=64)),
                ("target_seconds", fields.BigIntField()),
                ("counted_us", fields.BigIntField()),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "breached_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("ended_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("outcome", fields.CharField(max_length=16)),
                ("reason", fields.CharField(max_length=24)),
                ("dodges", fields.IntField(db_default=0)),
                ("record", fields.TextField(unique=False)),
                ("certificate", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "finished_clock",
                "app": "servicedesk",
                "unique_together": (("ticket_id", "metric", "audience", "instance"),),
                "indexes": [Index(fields=["ended_at", "id"], name="finished_clock_ended")],
                "pk_attr": "id",
                "table_description": "What became of one clock. Only the certificate is added later, once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InboxBrakeRow",
            fields=[
                (
                    "inbox_id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("open_until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(max_length=32)),
                ("count", fields.IntField()),
            ],
            options={
                "table": "inbox_brake",
                "app": "servicedesk",
                "pk_attr": "inbox_id",
                "table_description": "The breaker of an inbox: until `open_until` it sends no automatic mail.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MailOnceRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("external_id", fields.CharField(max_length=512)),
                ("content_hash", fields.CharField(max_length=64)),
                ("arrival_id", fields.UUIDField()),
                ("ticket_id", fields.UUIDField(null=True)),
                ("message_id", fields.UUIDField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "mail_once",
                "app": "servicedesk",
                "unique_together": (("external_id", "content_hash"),),
                "indexes": [Index(fields=["created_at"], name="mail_once_age")],
                "pk_attr": "id",
                "table_description": "The first arrival of a mail, in whichever inbox: the same mail in two inboxes is one ticket.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MailTemplateRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "brand",
                    fields.ForeignKeyField(
                        "servicedesk.BrandRow",
                        source_field="brand_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=24)),
                ("language", fields.CharField(max_length=16)),
                ("subject", fields.CharField(db_default="", max_length=200)),
                ("text", fields.TextField(unique=False)),
                ("html", fields.TextField(null=True, unique=False)),
                ("active", fields.BooleanField(db_default=True)),
                ("version", fields.IntField(db_default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "mail_template",
                "app": "servicedesk",
                "unique_together": (("brand", "kind", "language"),),
                "pk_attr": "id",
                "table_description": "A text that the desk writes by itself, for one brand in one language. `kind`:",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MailboxFolderRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("inbox_id", fields.UUIDField()),
                ("folder", fields.CharField(max_length=255)),
                ("uid_validity", fields.BigIntField(null=True)),
                ("last_uid", fields.BigIntField(db_default=0)),
                ("marked_uid", fields.BigIntField(db_default=0)),
                ("state", fields.CharField(max_length=16)),
                ("error", fields.TextField(null=True, unique=False)),
                ("attempts", fields.IntField(db_default=0)),
                ("progress_done", fields.IntField(db_default=0)),
                ("progress_total", fields.IntField(db_default=0)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "last_mail_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("began_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "mailbox_folder",
                "app": "servicedesk",
                "unique_together": (("inbox_id", "folder"),),
                "pk_attr": "id",
                "table_description": "How far a folder of a mailbox has been read: stored up to `last_uid`, flagged or moved up to",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="NoticeRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("once_key", fields.CharField(unique=True, max_length=200)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "servicedesk.UserRow",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=48)),
                ("ticket_id", fields.UUIDField(null=True)),
                ("arguments", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("state", fields.CharField(max_length=16)),
                ("attempts", fields.IntField(db_default=0)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("claimed_by", fields.CharField(null=True, max_length=64)),
                ("error", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "notice",
                "app": "servicedesk",
                "indexes": [Index(fields=["state", "due_at"], name="notice_due")],
                "pk_attr": "id",
                "table_description": "A mail from the desk to one of its users: no ticket, no answer expected. `state`: waiting,",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PolicyRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("name", fields.CharField(max_length=100)),
                ("place", fields.IntField()),
                ("active", fields.BooleanField(db_default=True)),
                ("revision", fields.IntField(db_default=1)),
                ("version", fields.IntField(db_default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "archived_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "sla_policy",
                "app": "servicedesk",
                "pk_attr": "id",
                "table_description": "`place` orders the policies: the first that fits a ticket holds. Ended ones stay.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PolicyVersionRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "policy",
                    fields.ForeignKeyField(
                        "servicedesk.PolicyRow",
                        source_field="policy_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("revision", fields.IntField()),
                ("document", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("made_by", fields.UUIDField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sla_policy_version",
                "app": "servicedesk",
                "unique_together": (("policy", "revision"),),
                "pk_attr": "id",
                "table_description": "One version of a policy with its ladder, never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PresenceReasonRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("code", fields.CharField(unique=True, max_length=32)),
                ("names", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("place", fields.SmallIntField()),
                ("active", fields.BooleanField(db_default=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "presence_reason",
                "app": "servicedesk",
                "pk_attr": "id",
                "table_description": "A reason to be away, by name in each language. `code` is what rows and the journal keep.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RoutingRuleRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("place", fields.IntField()),
                ("name", fields.CharField(max_length=100)),
                ("kind", fields.CharField(max_length=32)),
                ("settings", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("active", fields.BooleanField(db_default=True)),
                ("version", fields.IntField(db_default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "routing_rule",
                "app": "servicedesk",
                "indexes": [Index(fields=["place", "id"], name="routing_rule_place")],
                "pk_attr": "id",
                "table_description": "One row of the rule table that classifies what comes in. `kind` names the type of rule, which",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SentCopyRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("message_id", fields.UUIDField()),
                ("inbox_id", fields.UUIDField()),
                ("state", fields.CharField(max_length=16)),
                ("attempts", fields.IntField(db_default=0)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("claimed_by", fields.CharField(null=True, max_length=64)),
                ("error", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sent_copy",
                "app": "servicedesk",
                "indexes": [
                    Index(fields=["state", "due_at"], name="sent_copy_due"),
                    Index(fields=["message_id"], name="sent_copy_message"),
                ],
                "pk_attr": "id",
                "table_description": "A sent mail that has yet to be laid into its mailbox's Sent folder. `state`: waiting, done,",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SkillRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("name", fields.CharField(unique=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "skill",
                "app": "servicedesk",
                "pk_attr": "id",
                "table_description": "What an agent can do and a work order can require.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AgentSkillRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "servicedesk.UserRow",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "skill",
                    fields.ForeignKeyField(
                        "servicedesk.SkillRow",
                        source_field="skill_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("level", fields.SmallIntField()),
            ],
            options={
                "table": "agent_skill",
                "app": "servicedesk",
                "unique_together": (("user", "skill"),),
                "indexes": [Index(fields=["skill_id", "user_id"], name="agent_skill_skill")],
                "pk_attr": "id",
                "table_description": "`level` from 1 to 5.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TicketClocksRow",
            fields=[
                (
                    "ticket_id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("record", fields.TextField(unique=False)),
                ("next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revision", fields.IntField(null=True)),
            ],
            options={
                "table": "ticket_clocks",
                "app": "servicedesk",
                "indexes": [Index(fields=["revision", "ticket_id"], name="ticket_clocks_revision")],
                "pk_attr": "ticket_id",
                "table_description": "What the clocks of a ticket remember. `next_at`: the earliest breach or escalation step.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TicketTagRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "ticket",
                    fields.ForeignKeyField(
                        "servicedesk.TicketRow",
                        source_field="ticket_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("tag", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "ticket_tag",
                "app": "servicedesk",
                "unique_together": (("ticket", "tag"),),
                "indexes": [Index(fields=["tag", "ticket_id"], name="ticket_tag_tag")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebhookRow",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("once_key", fields.CharField(unique=True, max_length=200)),
                ("url", fields.TextField(unique=False)),
                ("body", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("state", fields.CharField(max_length=16)),
                ("attempts", fields.IntField(db_default=0)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("claimed_by", fields.CharField(null=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("error", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "webhook",
                "app": "servicedesk",
                "indexes": [Index(fields=["state", "due_at"], name="webhook_due")],
                "pk_attr": "id",
                "table_description": "One call of somebody's webhook. Claimed by compare-and-set for a limited time.",
            },
            bases=["Model"],
        ),
        ops.AddIndex(
            model_name="ArrivalRow",
            index=Index(fields=["inbox_id", "received_at"], name="arrival_inbox"),
        ),
        ops.AddField(
            model_name="ContactIdentityRow",
            name="soft_bounces",
            field=fields.IntField(db_default=0),
        ),
        ops.AddField(
            model_name="ContactIdentityRow",
            name="undeliverable_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="ContactIdentityRow",
            name="undeliverable_reason",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AlterModelOptions(
            name="ContactRow",
            options={
                "table": "contact",
                "app": "servicedesk",
                "pk_attr": "id",
                "table_description": "`agent`: the contact's own, before that of the organization.",
            },
        ),
        ops.AddField(
            model_name="ContactRow",
            name="agent",
            field=fields.ForeignKeyField(
                "servicedesk.UserRow",
                source_field="agent_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.SET_NULL,
            ),
        ),
        ops.AddField(
            model_name="MessageRecipientRow",
            name="delivery_error",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="MessageRecipientRow",
            name="delivery_state",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="MessageRow",
            name="marks",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AlterModelOptions(
            name="OfferRow",
            options={
                "table": "offer",
                "app": "servicedesk",
                "indexes": [
                    Index(fields=["order_id", "created_at"], name="offer_order"),
                    Index(fields=["user_id", "state"], name="offer_user"),
                ],
                "pk_attr": "id",
                "table_description": "A work order held out to one agent until `deadline` (database time). `how`: offered,",
            },
        ),
        ops.AddField(
            model_name="OfferRow",
            name="how",
            field=fields.CharField(db_default="offered", max_length=16),
        ),
        ops.AlterModelOptions(
            name="OrganizationRow",
            options={
                "table": "organization",
                "app": "servicedesk",
                "pk_attr": "id",
                "table_description": "`agent`: whom its contacts' work is offered to first, where a queue is sticky to that.",
            },
        ),
        ops.AddField(
            model_name="OrganizationRow",
            name="agent",
            field=fields.ForeignKeyField(
                "servicedesk.UserRow",
                source_field="agent_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.SET_NULL,
            ),
        ),
        ops.AddField(
            model_name="PresenceRow",
            name="channels",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AlterModelOptions(
            name="QueueAgentRow",
            options={
                "table": "queue_agent",
                "app": "servicedesk",
                "unique_together": (("queue", "user"),),
                "pk_attr": "id",
                "table_description": "An agent who serves the queue directly. See QueueTeamRow; this row wins over a team's.",
            },
        ),
        ops.AddField(
            model_name="QueueAgentRow",
            name="delay_seconds",
            field=fields.IntField(db_default=0),
        ),
        ops.AddField(
            model_name="QueueAgentRow",
            name="priority",
            field=fields.SmallIntField(db_default=0),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="auto_accept",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="calendar",
            field=fields.ForeignKeyField(
                "servicedesk.CalendarRow",
                source_field="calendar_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="choice",
            field=fields.CharField(db_default="longest_idle", max_length=16),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="max_length",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="max_wait_seconds",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="most_refusals",
            field=fields.SmallIntField(db_default=5),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="ordering",
            field=fields.CharField(db_default="priority_fifo", max_length=16),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="outside",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="priority_minutes",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="service_level_percent",
            field=fields.SmallIntField(db_default=80),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="service_level_seconds",
            field=fields.IntField(db_default=3600),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="steps",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="sticky",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="wrap_up_extension_seconds",
            field=fields.IntField(db_default=0),
        ),
        ops.AddField(
            model_name="QueueRow",
            name="wrap_up_seconds",
            field=fields.IntField(db_default=0),
        ),
        ops.AlterModelOptions(
            name="QueueTeamRow",
            options={
                "table": "queue_team",
                "app": "servicedesk",
                "unique_together": (("queue", "team"),),
                "pk_attr": "id",
                "table_description": "A team whose members serve the queue: among their queues by `priority` (larger first), and",
            },
        ),
        ops.AddField(
            model_name="QueueTeamRow",
            name="delay_seconds",
            field=fields.IntField(db_default=0),
        ),
        ops.AddField(
            model_name="QueueTeamRow",
            name="priority",
            field=fields.SmallIntField(db_default=0),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="accepted_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="attributes",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="diverted",
            field=fields.CharField(db_default="", max_length=32),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="forced",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="held_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="preferred_until",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="preferred_user_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="refusals",
            field=fields.SmallIntField(db_default=0),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="step",
            field=fields.SmallIntField(db_default=0),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="step_due_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="stuck",
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="wrap_up_extended",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="WorkOrderRow",
            name="wrap_up_until",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddIndex(
            model_name="WorkOrderRow",
            index=Index(fields=["queue_id", "accepted_at"], name="work_order_accepted"),
        ),
    ]
