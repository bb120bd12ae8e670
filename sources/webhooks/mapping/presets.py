"""Where each preset takes the attributes of its events from: tables, in the order of trying.

Names that are no attribute of CloudEvents are extensions. A preset that is not here says nothing of
its events, or has a mapper of its own (github, gitlab, bitbucket).
"""

from collections.abc import Mapping

from poplin.resources.source_models import Preset, Taken

__all__ = ["FALLBACK_TYPE", "PRESETS", "SLACK_COMMAND", "SLACK_INTERACTION", "Fields"]

Fields = Mapping[str, tuple[Taken, ...]]

FALLBACK_TYPE = "dev.poplin.webhook"


def _header(name: str, prefix: str = "") -> Taken:
    return Taken(header=name, prefix=prefix)


def _at(pointer: str, prefix: str = "") -> Taken:
    return Taken(pointer=pointer, prefix=prefix)


# https://github.com/standard-webhooks/standard-webhooks: `webhook-id` stays through retries, the
# timestamp in the header is that of the attempt.
_STANDARD_WEBHOOKS: Fields = {
    "id": (_header("webhook-id"),),
    "type": (_at("/type"),),
    "subject": (_at("/data/id"),),
    "time": (_at("/timestamp"), _header("webhook-timestamp")),
}

# https://docs.stripe.com/api/events/object; thin events (v2) name a related object instead.
_STRIPE: Fields = {
    "id": (_at("/id"),),
    "type": (_at("/type", "com.stripe."),),
    "subject": (_at("/data/object/id"), _at("/related_object/id")),
    "time": (_at("/created"),),
    "stripeaccount": (_at("/account"),),
    "stripelivemode": (_at("/livemode"),),
}

# https://docs.slack.dev/apis/events-api: the envelope, with the event inside.
_SLACK: Fields = {
    "id": (_at("/event_id"),),
    "type": (_at("/event/type", "com.slack."), _at("/type", "com.slack.")),
    "subject": (
        _at("/event/channel"),
        _at("/event/channel/id"),
        _at("/event/item/channel"),
        _at("/event/user"),
        _at("/event/user/id"),
    ),
    "time": (_at("/event_time"),),
    "slackteam": (_at("/team_id"),),
    "slackapp": (_at("/api_app_id"),),
}

# https://docs.slack.dev/interactivity/implementing-slash-commands: the fields of the form.
SLACK_COMMAND: Fields = {
    "id": (_at("/trigger_id"),),
    "type": (Taken(value="com.slack.command"),),
    "subject": (_at("/command"),),
    "slackteam": (_at("/team_id"),),
    "slackapp": (_at("/api_app_id"),),
}

# https://docs.slack.dev/interactivity/handling-user-interaction: the JSON in the form's `payload`.
SLACK_INTERACTION: Fields = {
    "id": (_at("/trigger_id"),),
    "type": (
        _at("/type", "com.slack.interaction."),
        Taken(value="com.slack.interaction"),
    ),
    "subject": (_at("/callback_id"), _at("/view/callback_id"), _at("/actions/0/action_id")),
    "slackteam": (_at("/team/id"),),
    "slackapp": (_at("/api_app_id"),),
}

# https://shopify.dev/docs/apps/build/webhooks. The topic stays as it is, as the CloudEvents adapters
# leave names of providers. X-Shopify-Event-Id is of what the merchant did, which may be told under
# several topics, so it is no id.
_SHOPIFY: Fields = {
    "id": (_header("x-shopify-webhook-id"),),
    "type": (_header("x-shopify-topic", "com.shopify."),),
    "source": (_header("x-shopify-shop-domain", "https://"),),
    "subject": (_at("/admin_graphql_api_id"), _at("/id")),
    "time": (_header("x-shopify-triggered-at"),),
    "shopifyeventid": (_header("x-shopify-event-id"),),
    "shopifyapiversion": (_header("x-shopify-api-version"),),
}

PRESETS: Mapping[Preset, Fields] = {
    "standard-webhooks": _STANDARD_WEBHOOKS,
    "stripe": _STRIPE,
    "slack": _SLACK,
    "shopify": _SHOPIFY,
}
