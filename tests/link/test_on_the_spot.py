"""Functions that are called where they are written: their parameters are what they are handed there."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

HASH = "$('#shown').html('<b>' + decodeURIComponent(location.hash) + '</b>');"


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        (f"(function ($) {{\n{HASH}\n}})(jQuery);", [2]),
        (f"(function ($, undefined) {{\n{HASH}\n}}(window.jQuery));", [2]),
        (f"(($) => {{\n{HASH}\n}})(jQuery);", [2]),
        (f"!function ($) {{\n{HASH}\n}}(jQuery);", [2]),
        (f"(function ($) {{\nfunction show() {{ {HASH} }}\nshow();\n}}).call(this, jQuery);", [2]),
        (f"jQuery(function ($) {{\n{HASH}\n}});", [2]),
        (f"jQuery(document).ready(function ($) {{\n{HASH}\n}});", [2]),
        ("(function (w, d) {\nd.getElementById('shown').innerHTML = w.location.hash;\n})(window, document);", [2]),
        # neither jQuery nor anything of the page
        (f"(function ($) {{\n{HASH}\n}})(require('cheerio').load(''));", []),
        (f"parse(function ($) {{\n{HASH}\n}});", []),
        (f"(function ($) {{\n{HASH}\n}})();", []),
    ],
)
def test_names_are_those_that_are_handed_over(script: str, lines: list[int]) -> None:
    found = scan_files({"public/app.js": script.encode()}, RULES).findings
    data = script.encode()
    assert [(each.rule, data.count(b"\n", 0, each.place.span.start) + 1) for each in found] == [("untrusted-html", line) for line in lines]
