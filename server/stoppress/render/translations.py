"""The texts of the interface: everything on a page that no editor wrote.

Each language is one `Words`. `%s` marks the position of a value, so that each translation can put it where its grammar
needs it. A blog in a language that is not in the catalogue has an English interface.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale
from babel.numbers import format_decimal

from stoppress.model import BlogStatus


@dataclass(frozen=True, slots=True)
class Words:
    """The texts in one language. Texts with a number are keyed by CLDR plural category (`one`, `other` …)."""

    language: str
    status: Mapping[BlogStatus, str]
    updated: str
    posts: Mapping[str, str]
    no_posts: str
    first_published: str
    by: str
    comma: str
    last_comma: str
    skip: str
    feed: str
    sort: str
    newest: str
    oldest: str
    show: str
    all_posts: str
    key_events: str
    newer: str
    older: str
    pages: str
    permalink: str
    share: str
    copy_link: str
    copied: str
    pinned: str
    key: str
    correction: str
    read_on: str
    tags: str
    credit: str
    open_embed: str
    empty: str
    none_of_these: str
    reload: str
    live: str
    reconnecting: str
    ended: str
    new: Mapping[str, str]
    corrected: Mapping[str, str]
    changed: Mapping[str, str]
    mark: str
    since: str
    times: str
    times_blog: str
    times_own: str
    times_relative: str
    announce: str
    announce_all: str
    announce_key: str
    announce_off: str
    not_found: tuple[str, str]
    gone: tuple[str, str]
    unavailable: tuple[str, str]
    to_blog: str
    front: str
    no_blogs: str
    more_blogs: str


ENGLISH = Words(
    language="en",
    status={"scheduled": "Scheduled", "live": "Live", "paused": "Paused", "ended": "Ended", "archived": "Archived"},
    updated="Updated %s",
    posts={"one": "%s post", "other": "%s posts"},
    no_posts="No posts yet",
    first_published="First published %s",
    by="By %s",
    comma=", ",
    last_comma=" and ",
    skip="Skip to the posts",
    feed="Posts",
    sort="Sort by",
    newest="Newest",
    oldest="Oldest",
    show="Show",
    all_posts="All posts",
    key_events="Key events",
    newer="Newer posts",
    older="Older posts",
    pages="Pages",
    permalink="Link to this post",
    share="Share",
    copy_link="Copy link",
    copied="Link copied",
    pinned="Pinned",
    key="Key event",
    correction="Correction",
    read_on="Read the full story:",
    tags="Tags",
    credit="(%s)",
    open_embed="Open on %s",
    empty="The first post will appear here.",
    none_of_these="There are no posts of this kind yet. They will appear here.",
    reload="Reload for updates",
    live="Live",
    reconnecting="Reconnecting, current as of %s",
    ended="Ended",
    new={"other": "%s new"},
    corrected={"other": "%s corrected"},
    changed={"other": "%s changed"},
    mark="Corrected",
    since="Since you left",
    times="Times",
    times_blog="Local time of the event",
    times_own="My time zone",
    times_relative="How long ago",
    announce="Announce to screen readers",
    announce_all="All posts",
    announce_key="Key events",
    announce_off="Nothing",
    not_found=(
        "Page not found",
        "There is no page at this address. The address may be mistyped, or the page may have been removed.",
    ),
    gone=("This post was deleted", "The post was published here and has since been removed."),
    unavailable=("We will be right back", "This page can’t be shown right now. Please try again in a moment."),
    to_blog="Go to the live coverage",
    front="Live coverage",
    no_blogs="There is no coverage yet.",
    more_blogs="More",
)

GERMAN = Words(
    language="de",
    status={"scheduled": "Geplant", "live": "Live", "paused": "Pause", "ended": "Beendet", "archived": "Archiv"},
    updated="Aktualisiert: %s",
    posts={"one": "%s Beitrag", "other": "%s Beiträge"},
    no_posts="Noch keine Beiträge",
    first_published="Zuerst veröffentlicht: %s",
    by="Von %s",
    comma=", ",
    last_comma=" und ",
    skip="Zu den Beiträgen",
    feed="Beiträge",
    sort="Reihenfolge",
    newest="Neueste",
    oldest="Älteste",
    show="Anzeigen",
    all_posts="Alle Beiträge",
    key_events="Das Wichtigste",
    newer="Neuere Beiträge",
    older="Ältere Beiträge",
    pages="Seiten",
    permalink="Link zu diesem Beitrag",
    share="Teilen",
    copy_link="Link kopieren",
    copied="Link kopiert",
    pinned="Angeheftet",
    key="Wichtig",
    correction="Korrektur",
    read_on="Zum ganzen Artikel:",
    tags="Themen",
    credit="(%s)",
    open_embed="Bei %s öffnen",
    empty="Der erste Beitrag erscheint hier.",
    none_of_these="Noch keine solchen Beiträge. Sie erscheinen hier.",
    reload="Neu laden",
    live="Live",
    reconnecting="Verbindung wird wiederhergestellt, Stand %s",
    ended="Beendet",
    new={"one": "%s neuer", "other": "%s neue"},
    corrected={"one": "%s korrigierter", "other": "%s korrigierte"},
    changed={"one": "%s geänderter", "other": "%s geänderte"},
    mark="Korrigiert",
    since="Seit Sie weg waren",
    times="Zeiten",
    times_blog="Ort des Geschehens",
    times_own="Meine Zeitzone",
    times_relative="Wie lange her",
    announce="Dem Screenreader melden",
    announce_all="Alle Beiträge",
    announce_key="Wichtiges",
    announce_off="Nichts",
    not_found=("Seite nicht gefunden", "Unter dieser Adresse gibt es nichts. Vielleicht ist sie falsch geschrieben."),
    gone=("Dieser Beitrag wurde gelöscht", "Er ist hier erschienen und wurde später entfernt."),
    unavailable=(
        "Gleich geht es weiter",
        "Die Seite ist im Moment nicht erreichbar. Bitte versuchen Sie es gleich noch einmal.",
    ),
    to_blog="Zur Live-Berichterstattung",
    front="Live-Berichterstattung",
    no_blogs="Noch gibt es keine Berichterstattung.",
    more_blogs="Mehr",
)

ARABIC = Words(
    language="ar",
    status={"scheduled": "مجدولة", "live": "مباشر", "paused": "متوقفة", "ended": "انتهت", "archived": "أرشيف"},
    updated="آخر تحديث: %s",
    posts={
        "one": "منشور واحد",
        "two": "منشوران",
        "few": "%s منشورات",
        "many": "%s منشورًا",
        "other": "%s منشور",
    },
    no_posts="لا منشورات بعد",
    first_published="نُشر أول مرة: %s",
    by="بقلم %s",
    comma="، ",
    last_comma=" و",
    skip="انتقل إلى المنشورات",
    feed="المنشورات",
    sort="الترتيب",
    newest="الأحدث",
    oldest="الأقدم",
    show="عرض",
    all_posts="كل المنشورات",
    key_events="أهم الأحداث",
    newer="منشورات أحدث",
    older="منشورات أقدم",
    pages="الصفحات",
    permalink="رابط هذا المنشور",
    share="مشاركة",
    copy_link="نسخ الرابط",
    copied="نُسخ الرابط",
    pinned="مثبّت",
    key="حدث مهم",
    correction="تصحيح",
    read_on="اقرأ القصة كاملة:",
    tags="الوسوم",
    credit="(%s)",
    open_embed="افتح على %s",
    empty="سيظهر المنشور الأول هنا.",
    none_of_these="لا منشورات من هذا النوع بعد، وستظهر هنا.",
    reload="أعد التحميل",
    live="مباشر",
    reconnecting="تجري إعادة الاتصال، محدّث حتى %s",
    ended="انتهت",
    new={"other": "جديد: %s"},
    corrected={"other": "مصحّح: %s"},
    changed={"other": "معدّل: %s"},
    mark="صُحّح",
    since="منذ غيابك",
    times="الأوقات",
    times_blog="توقيت مكان الحدث",
    times_own="توقيتي المحلي",
    times_relative="كم مضى",
    announce="الإعلان لقارئ الشاشة",
    announce_all="كل المنشورات",
    announce_key="أهم الأحداث",
    announce_off="لا شيء",
    not_found=("الصفحة غير موجودة", "لا يوجد شيء في هذا العنوان. ربما كُتب خطأً أو أزيلت الصفحة."),
    gone=("حُذف هذا المنشور", "نُشر هنا ثم أزيل."),
    unavailable=("سنعود قريبًا", "لا يمكن عرض هذه الصفحة الآن. حاول مرة أخرى بعد قليل."),
    to_blog="إلى التغطية المباشرة",
    front="التغطية المباشرة",
    no_blogs="لا توجد تغطية بعد.",
    more_blogs="المزيد",
)

_CATALOGUE = {words.language: words for words in (ENGLISH, GERMAN, ARABIC)}
# The texts that the client shows by itself. Each page carries them.
_PHRASES = (
    "live",
    "reconnecting",
    "ended",
    "reload",
    "new",
    "corrected",
    "changed",
    "mark",
    "since",
    "comma",
    "copied",
)


def phrases(language: str) -> dict[str, object]:
    """The texts that the client needs, by name, for a blog in `language` (a BCP 47 tag)."""
    said = words(language)
    return {name: getattr(said, name) for name in _PHRASES}


def words(language: str) -> Words:
    """The texts of the interface for a blog in `language` (a BCP 47 tag)."""
    return _CATALOGUE.get(language.split("-")[0].lower(), ENGLISH)


def count(number: int, language: str) -> str:
    """A number of posts as readers see it: `17 posts`, `1 post`, `No posts yet`."""
    said = words(language)
    if not number:
        return said.no_posts
    category = Locale.parse(said.language).plural_form(number)
    digits = format_decimal(number, locale=Locale.parse(language, sep="-"))
    return said.posts.get(category, said.posts["other"]).replace("%s", digits)
