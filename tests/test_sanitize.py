"""What HTML may come in."""

from __future__ import annotations

import pytest

from stoppress.errors import Invalid
from stoppress.sanitize import publishable, render, sanitize, says_something


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p>Plain <b>and</b> <em>simple</em></p>", "<p>Plain <b>and</b> <em>simple</em></p>"),
        ('<p class="MsoNormal" style="color:red"><span>Pasted</span></p>', "<p>Pasted</p>"),
        ("<!-- note to self --><h3>Sub-head</h3>", "<h3>Sub-head</h3>"),
        ("5 < 6 & 7", "5 &lt; 6 &amp; 7"),
        ("<style>p{}</style><p>x</p>", "<p>x</p>"),
        ('<ol start="3"><li>three</li></ol>', '<ol start="3"><li>three</li></ol>'),
        ('<img src="/a.webp" alt="A">', '<img src="/a.webp" alt="A">'),
        ("<p>a<svg><path d='M0 0'/></svg></p>", "<p>a</p>"),
        ("<form action='https://x.example'>a</form>", "a"),
        ('<q cite="https://x.example/a:b">a</q>', '<q cite="https://x.example/a:b">a</q>'),
        ('<q cite="/a#b:c">a</q>', '<q cite="/a#b:c">a</q>'),
        ('<q cite="urn:isbn:1">a</q>', "<q>a</q>"),
    ],
)
def test_structure_stays_and_surplus_goes(given: str, kept: str) -> None:
    assert sanitize(given) == kept
    assert sanitize(kept) == kept


def test_links_to_elsewhere_take_nothing_along() -> None:
    assert sanitize('<a href="https://x.example/">x</a>') == (
        '<a href="https://x.example/" rel="noopener nofollow">x</a>'
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ("<ScRiPt src=//x.example></sCrIpT>", "<script>"),
        ("<p>a</p><iframe src=https://x.example></iframe>", "<iframe>"),
        ("<object data=x></object>", "<object>"),
        ("<img src=x onerror=alert(1)>", "event handler"),
        ("<p ONCLICK='a()'>x</p>", "event handler"),
        ("<svg/onload=alert(1)>", "event handler"),
        ("<div onclick=a()>x</div>", "event handler"),
        ("<x-widget onfocus=a()>x</x-widget>", "event handler"),
        ("<svg><script>alert(1)</script></svg>", "<script>"),
        ("<svg><a xlink:href='javascript:a()'>x</a></svg>", "javascript:"),
        ("<form action=javascript:a()>", "javascript:"),
        ('<a href="javascript:alert(1)">x</a>', "javascript:"),
        ('<a href=" &#x6A;ava\tscript:alert(1)">x</a>', "javascript:"),
        ('<a href="vbscript:x">x</a>', "vbscript:"),
        ('<img src="data:text/html,<script>alert(1)</script>">', "data:"),
        ('<blockquote cite="javascript:alert(1)">x</blockquote>', "javascript:"),
        ("<q CITE=' \x01Java\nscript:alert(1)'>x</q>", "javascript:"),
        ('<q c&#105;te="x" cite="d&#97;ta:text/html,x">x</q>', "data:"),
    ],
)
def test_what_would_run_is_refused_by_name(given: str, named: str) -> None:
    with pytest.raises(Invalid) as refused:
        sanitize(given)
    assert named in refused.value.detail
    assert [error.pointer for error in refused.value.errors] == ["/body"]


@pytest.mark.parametrize(
    "given",
    [
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<a href=\"https://x.example/\" target='_blank' ping='https://y.example'>x</a>",
    ],
)
def test_what_is_left_of_a_trick_can_t_run(given: str) -> None:
    try:
        clean = sanitize(given)
    except Invalid:
        return
    assert "<img src=1" not in clean and "onload" not in clean and "ping" not in clean and "<svg" not in clean


def test_markdown_becomes_html_and_its_raw_html_text() -> None:
    assert render("## So\n\n*it* ~~goes~~\n\n| a |\n|---|\n| 1 |") == (
        "<h2>So</h2>\n<p><em>it</em> <s>goes</s></p>\n<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>"
        "\n<tbody>\n<tr>\n<td>1</td>\n</tr>\n</tbody>\n</table>"
    )
    assert render("<script>x</script>") == "<p>&lt;script&gt;x&lt;/script&gt;</p>"


@pytest.mark.parametrize("given", ["<p>&#7;</p>", "<p>&#x202e;edoc</p>", "<p>&#8237;edoc</p>"])
def test_a_control_character_gets_in_by_no_reference(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        sanitize(given)
    assert "but got U+" in refused.value.detail


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("", False),
        ("<p> \n</p>", False),
        ("<p>&nbsp;</p><br>", False),
        ("<p>\u200b\u2060</p>", False),
        ("<p>.</p>", True),
        ("&lt;", True),
        ('<img src="/a.webp">', True),
        ("<hr>", True),
    ],
)
def test_what_says_something_can_be_seen(html: str, says: bool) -> None:
    assert says_something(html) == says


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("<div>" * 501, "but got 501; nest them less"),
        ("<div>" * 501 + "</div>" * 501, "but got 501; nest them less"),
        ("</div>" * 501 + "<div>" * 501, "but got 501; nest them less"),
        ("<ul><li>" * 501, "but got 501; nest them less"),
        ("".join(f"<b lang={i}><p>" for i in range(450)), "but got 450 among"),
        ("".join(f"<FONT\nSIZE={i}></FONT><p>" for i in range(450)), "but got 450 among"),
        ("".join(f"<i lang=l{i}>" for i in range(30)) + "<p>x</p>" * 10_000, "but got 30 among"),
        ("".join(f"<b lang=l{i}><p>x" for i in range(300)), "expected at most 500000 characters"),
    ],
)
def test_what_would_keep_the_parser_busy_or_grow_out_of_bounds_is_refused(given: str, named: str) -> None:
    with pytest.raises(Invalid) as refused:
        sanitize(given)
    assert named in refused.value.detail


@pytest.mark.parametrize(
    "given",
    [
        "<p>" * 5_000,
        "<ul>" + "<li>An item<br>" * 3_000 + "</ul>",
        "<table>" + "<tr><td>A<td>B" * 3_000 + "</table>",
        "<p><strong style='font-weight: 700'>A word</strong> and more of them, as pasted.</p>" * 250,
        "<p><b>Bold</b>, <i>italic</i></p>" * 2_500,
        "&" * 100_000,
        '<svg viewBox="0 0 9 9">' + '<path d="M0 0"/>' * 400 + "</svg><p>x</p>",
    ],
)
def test_what_people_write_and_programs_paste_is_not_too_much(given: str) -> None:
    assert says_something(sanitize(given)) == says_something(given)


def test_a_link_reference_repeats_a_limited_amount_of_text() -> None:
    definition = "[a]: /" + "x" * 900 + "\n\n"
    assert render(definition + "[a] " * 100).count("<a href") == 100
    for link in ("[a]", "[text][a]", "![a]"):
        with pytest.raises(Invalid, match="repeat at most 500000 characters"):
            render("[a]: /" + "x" * 9_000 + ' "' + "t" * 9_000 + '"\n\n' + link * 1_000)


@pytest.mark.parametrize("body", ["&" * 20_001, "<table>" + "<p>x" * 24_000])
def test_a_body_that_has_become_too_long_is_refused(body: str) -> None:
    with pytest.raises(Invalid, match="expected at most 100000 characters as HTML, but got"):
        publishable(body, "html")
    assert publishable("&" * 20_000, "html") == "&amp;" * 20_000
