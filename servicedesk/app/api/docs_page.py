"""The API's documentation as a page of plain HTML: no script, no other host, works offline."""

import html
import json
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 2rem; border-bottom: 1px solid var(--line); text-transform: capitalize; }
details { border: 1px solid var(--line); border-radius: 6px; padding: .4rem .8rem; }
details { margin: .5rem 0; }
summary { cursor: pointer; } code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .6rem; border-radius: 6px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: left; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; text-transform: uppercase; }
"""


def render(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document, operations grouped by their first tag."""
    groups: dict[str, list[str]] = {}
    for path, item in sorted(document["paths"].items()):
        for method in METHODS:
            if method in item:
                tag = next(iter(item[method]["tags"]), "other")
                groups.setdefault(tag, []).append(_operation(path, method, item[method]))
    sections = "".join(
        f"<section><h2>{_text(tag)}</h2>{''.join(groups[tag])}</section>" for tag in sorted(groups)
    )
    schemas = "".join(
        f'<details id="{_text(name)}"><summary><code>{_text(name)}</code></summary>'
        f"{_json(schema)}</details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    info = document["info"]
    title = f"{_text(info['title'])} API {_text(info['version'])}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/api/docs.css"></head>'
        f"<body><main><h1>{title}</h1><p>{_text(info.get('description', ''))} "
        '<a href="/api/openapi.json">openapi.json</a></p>'
        f"{sections}<section><h2>schemas</h2>{schemas}</section></main></body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    return (
        f'<details><summary><span class="method">{method}</span> <code>{_text(path)}</code> '
        f"{_text(operation['summary'])}</summary><p>{_text(operation['description'])}</p>"
        f"{_parameters(operation['parameters'])}{_body(operation)}"
        f"{_responses(operation['responses'])}</details>"
    )


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{_text(parameter['name'])}</code></td><td>{_text(parameter['in'])}</td>"
        f"<td>{'required' if parameter['required'] else ''}</td>"
        f"<td><code>{_text(json.dumps(parameter['schema']))}</code></td></tr>"
        for parameter in parameters
    )
    return f"<table><tbody>{rows}</tbody></table>" if rows else ""


def _body(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return f"<p>Body: {_content(content)}</p>" if content else ""


def _responses(responses: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{_text(status)}</td><td>{_text(response['description'])}</td>"
        f"<td>{_content(response.get('content', {}))}</td></tr>"
        for status, response in sorted(responses.items())
    )
    return f"<table><tbody>{rows}</tbody></table>"


def _content(content: dict[str, Any]) -> str:
    return " ".join(
        f"{_text(media_type)} {_reference(described.get('schema', {}))}"
        for media_type, described in content.items()
    )


def _reference(schema: dict[str, Any]) -> str:
    name = _text(schema.get("$ref", "").rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>' if name else _text(schema.get("type", ""))


def _json(value: object) -> str:
    return f"<pre>{_text(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _text(value: object) -> str:
    return html.escape(str(value))
