"""Write an HTML page that needs nothing from elsewhere: no script, no font, no picture.

The stylesheet is light or dark by the reader's setting, and serves narrow and wide screens and paper.
"""

from __future__ import annotations

from html import escape
from typing import Final

_LIGHT: Final = """
 --paper: #ffffff; --card: #f7f8fa; --line: #dfe3e8; --ink: #1b1f24; --soft: #59636e; --code: #eef1f4;
 --error: #c62a2f; --error-soft: #fdecec; --warning: #9a6700; --warning-soft: #fff4d6; --note: #0b6bcb;
 --note-soft: #e6f1fd; --good: #1a7f37; --good-soft: #e2f5e7;
 --setup: #7d8590; --message: #3572d8; --upload: #15938a; --read: #a0b2c6; --export: #8a4bd0; --other: #d6409f;
 --text: #ffffff; --tool: #b9d2ff; --beat: #3572d8; --bar: #3572d8;
"""
_DARK: Final = """
 --paper: #0f1317; --card: #171c22; --line: #2c333b; --ink: #e6e9ed; --soft: #98a2ad; --code: #20262d;
 --error: #ff7b72; --error-soft: #3a1a1c; --warning: #e3b341; --warning-soft: #33290f; --note: #6cb2ff;
 --note-soft: #12293f; --good: #56d364; --good-soft: #12301b;
 --setup: #8b949e; --message: #4c8dff; --upload: #2bb5aa; --read: #5d7187; --export: #a873e8; --other: #f06bbb;
 --text: #ffffff; --tool: #cfe0ff; --beat: #7fb0ff; --bar: #4c8dff;
"""

_STYLE: Final = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
* {{ box-sizing: border-box }}
html {{ scroll-behavior: smooth }}
body {{ font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif;
 margin: 0 auto; max-width: 73rem; padding: 2rem 1.25rem 4rem; color: var(--ink); background: var(--paper) }}
a {{ color: inherit }}
h1 {{ font-size: 1.75rem; line-height: 1.2; margin: .1rem 0 .6rem; letter-spacing: -.01em }}
h2 {{ font-size: 1.25rem; margin: 3rem 0 .75rem; padding-top: 1.25rem; border-top: 2px solid var(--ink);
 overflow-wrap: anywhere }}
h2 small {{ font-weight: 400; font-size: .95rem; color: var(--soft); margin-left: .5rem }}
h3 {{ font-size: 1.05rem; margin: 2rem 0 .6rem }}
h4 {{ font-size: 1rem; margin: 0; display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }}
p {{ margin: .3rem 0 }}
code {{ font: .88em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace }}
.kicker {{ color: var(--soft); font-size: .85rem; margin: 0 }}
.lead p {{ max-width: 62rem; color: var(--soft) }}
.verdict.failed {{ color: var(--error) }} .verdict.obeyed {{ color: var(--good) }}
.verdict.unknown {{ color: var(--soft) }}
.callers {{ padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .5rem }}
.callers a {{ display: block; padding: .35rem .75rem; border: 1px solid var(--line); border-radius: .4rem;
 background: var(--card); text-decoration: none; overflow-wrap: anywhere }}
.counts {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; padding: 0;
 margin: 0 0 1.25rem }}
.counts li {{ list-style: none; padding: .5rem .9rem; border-radius: .5rem; background: var(--card);
 color: var(--soft) }}
.counts b {{ display: block; font-size: 1.5rem; line-height: 1.25; color: var(--ink) }}
.counts .broken {{ background: var(--error-soft) }} .counts .broken b {{ color: var(--error) }}
.counts .unknown {{ background: var(--warning-soft) }} .counts .unknown b {{ color: var(--warning) }}
.counts .kept {{ background: var(--good-soft) }} .counts .kept b {{ color: var(--good) }}
figure {{ margin: 0; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; background: var(--card) }}
.scroll {{ overflow: auto; max-height: 46rem }}
figcaption {{ border-top: 1px solid var(--line); padding: .6rem .9rem; font-size: .8rem; color: var(--soft) }}
.legend {{ display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: 0 }}
.legend li {{ list-style: none; display: flex; align-items: center; gap: .4rem }}
.key {{ display: inline-block; width: 1rem; height: .7rem; border-radius: 2px; flex: none }}
.key.setup {{ background: var(--setup) }} .key.message {{ background: var(--message) }}
.key.upload {{ background: var(--upload) }} .key.read {{ background: var(--read) }}
.key.export {{ background: var(--export) }} .key.other {{ background: var(--other) }}
.key.text {{ background: linear-gradient(90deg, var(--bar) 6px, var(--text) 6px 9px, var(--bar) 9px) }}
.key.tool {{ background: linear-gradient(var(--bar) 30%, transparent 30% 80%, var(--bar) 80%),
 linear-gradient(90deg, var(--bar) 6px, var(--tool) 6px 9px, var(--bar) 9px) }}
.key.beat {{ width: 4px; height: 4px; border-radius: 2px; background: var(--beat); margin: 0 6px }}
.key.refused {{ height: 3px; background: var(--error) }}
.key.off {{ width: 2px; margin: 0 7px; height: .9rem; background: var(--error) }}
.key.pin {{ width: 1rem; height: 1rem; border-radius: 50%; background: var(--error); color: var(--paper);
 font: 700 .65rem/1rem system-ui, sans-serif; text-align: center }}
svg.traffic {{ display: block; width: 100%; min-width: 54rem; height: auto;
 font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }}
svg .lane {{ stroke: var(--line) }} svg .grid {{ stroke: var(--line); stroke-dasharray: 2 3 }}
svg .name, svg .time {{ fill: var(--soft) }} svg .time {{ text-anchor: start }}
svg .cut {{ stroke: var(--soft); stroke-dasharray: 1 3; stroke-width: 2 }}
svg text.cut {{ stroke: none; fill: var(--soft); text-anchor: middle; font-style: italic }}
svg .setup {{ fill: var(--setup) }} svg .message {{ fill: var(--message) }} svg .upload {{ fill: var(--upload) }}
svg .read {{ fill: var(--read) }} svg .export {{ fill: var(--export) }} svg .other {{ fill: var(--other) }}
svg .bad {{ stroke: var(--error); stroke-width: 1.5 }}
svg .words {{ fill: #fff; font-size: 10px }}
svg rect.text {{ fill: var(--text) }} svg rect.tool {{ fill: var(--tool) }} svg rect.error {{ fill: var(--error) }}
svg .beat {{ fill: var(--beat) }}
svg .refused {{ stroke: var(--error); stroke-width: 2.5 }}
svg .off {{ fill: none; stroke: var(--error); stroke-width: 2 }}
svg .pin circle {{ fill: var(--error) }} svg .stem {{ stroke: var(--error) }}
svg .pin text {{ fill: var(--paper); font-weight: 700; font-size: 10px; text-anchor: middle }}
svg .pin.warning circle {{ fill: var(--warning) }} svg .stem.warning {{ stroke: var(--warning) }}
svg .pin.note circle {{ fill: var(--note) }} svg .stem.note {{ stroke: var(--note) }}
.charge {{ border: 1px solid var(--line); border-left: 4px solid var(--error); border-radius: .5rem;
 padding: .9rem 1.1rem; margin: 0 0 .9rem; background: var(--card); scroll-margin-top: 1rem }}
.charge.warning {{ border-left-color: var(--warning) }} .charge.note {{ border-left-color: var(--note) }}
.charge:target {{ outline: 2px solid var(--note); outline-offset: 2px }}
.number {{ display: inline-block; min-width: 1.5rem; height: 1.5rem; padding: 0 .35rem; border-radius: .75rem;
 background: var(--error); color: var(--paper); font-size: .8rem; line-height: 1.5rem; text-align: center }}
.warning .number {{ background: var(--warning) }} .note .number {{ background: var(--note) }}
.tag {{ font-size: .75rem; font-weight: 500; padding: .05rem .5rem; border-radius: 1rem; background: var(--code);
 color: var(--soft) }}
.tag.error {{ background: var(--error-soft); color: var(--error) }}
.tag.warning {{ background: var(--warning-soft); color: var(--warning) }}
.tag.note {{ background: var(--note-soft); color: var(--note) }}
.should {{ font-size: 1.02rem; margin: .5rem 0 .6rem }}
.breaches {{ padding: 0; margin: 0 0 .7rem; list-style: none }}
.breaches > li {{ margin: .5rem 0 }}
.breaches b {{ font-variant-numeric: tabular-nums }}
.proof {{ border-collapse: collapse; margin: .25rem 0; background: var(--code); border-radius: .35rem; width: 100% }}
.proof td {{ vertical-align: top; padding: .2rem .6rem; font-size: .85rem }}
.proof td:not(:last-child) {{ white-space: nowrap; color: var(--soft); font-variant-numeric: tabular-nums; width: 1% }}
.proof td:last-child {{ overflow-wrap: anywhere; font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace;
 font-size: .8rem }}
dl {{ display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr);
 gap: .15rem .9rem; margin: 0; font-size: .92rem }}
dt {{ color: var(--soft) }} dd {{ margin: 0; overflow-wrap: anywhere }}
.rules {{ border-collapse: collapse; width: 100%; font-size: .9rem }}
.rules th {{ text-align: left; padding: 1rem .5rem .25rem 0; font-size: .95rem }}
.rules td {{ vertical-align: top; padding: .25rem .5rem .25rem 0; border-top: 1px solid var(--line) }}
.rules td:first-child {{ white-space: nowrap; width: 9rem }}
.rules td:nth-child(2) {{ width: 15rem; overflow-wrap: anywhere }}
.rules .broken td:first-child {{ color: var(--error); font-weight: 600 }}
.rules .kept td:first-child {{ color: var(--good) }} .rules .unknown td:first-child {{ color: var(--warning) }}
.checks {{ border-collapse: collapse; width: 100%; font-size: .9rem }}
.checks td {{ vertical-align: top; padding: .25rem .6rem; border-top: 1px solid var(--line) }}
.checks .ids {{ color: var(--soft); font-size: .85em; width: 16rem; overflow-wrap: anywhere }}
.checks .failed {{ background: var(--error-soft) }} .checks .doubted {{ background: var(--warning-soft) }}
.checks .skipped {{ color: var(--soft) }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font-size: .85em }}
.rules .not-exercised {{ color: var(--soft) }}
details {{ margin-top: 1.5rem }} summary {{ cursor: pointer; color: var(--soft) }}
footer {{ margin-top: 3rem; color: var(--soft); font-size: .85rem }}
@media (max-width: 42rem) {{
 body {{ padding: 1.25rem .9rem 3rem }}
 .rules, .rules tbody, .rules tr, .rules td, .rules th {{ display: block; width: auto !important }}
 .rules td {{ border: 0; padding: 0 }} .rules tr {{ border-top: 1px solid var(--line); padding: .35rem 0 }}
 .proof td:nth-child(3) {{ display: none }}
 dl {{ grid-template-columns: 1fr }} dd {{ margin-bottom: .35rem }}
}}
@media print {{
 :root {{ color-scheme: light; {_LIGHT} }}
 * {{ print-color-adjust: exact; -webkit-print-color-adjust: exact }}
 html {{ font-size: 11px }} body {{ font-size: 1rem; max-width: none; padding: 0 }} h2 {{ margin-top: 1.5rem }}
 svg.traffic {{ min-width: 0 }} .scroll {{ overflow: visible; max-height: none }}
 .charge, .counts, svg.traffic, .rules tr {{ break-inside: avoid }} h2, h3, h4 {{ break-after: avoid }}
 details {{ display: none }}
}}
"""


def write_page(title: str, body: str) -> str:
    """Return a page with a title (text) and a body (HTML)."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    )
