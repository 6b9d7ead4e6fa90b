"""The page about an evaluation in a browser, where there is one."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest

from cnerkit.page.report import Content, render
from cnerkit.scoring.analysis import analyse
from cnerkit.scoring.buckets import bucketings
from cnerkit.text import Entity, Sentence

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FOLLOW = """
<script>
(async () => {
  const hits = () => document.getElementById("hits").textContent;
  const turned = () => new Promise((done) => setTimeout(done, 20));
  const told = { problems: [], numbers: [] };
  window.addEventListener("error", (event) => told.problems.push(event.message));
  for (const link of document.querySelectorAll("main .to:not(article .to)")) {
    link.click();
    await turned();
    told.numbers.push([link.getAttribute("href"), link.textContent, hits(), document.activeElement.id]);
  }
  const form = document.getElementById("filter");
  location.hash = "#sentences";
  await turned();
  told.all = hits();
  form.elements.text.value = "北京";
  form.elements.text.dispatchEvent(new Event("input", { bubbles: true }));
  await turned();
  told.text = [location.hash, hits()];
  form.elements.class.value = "missed";
  form.elements.class.dispatchEvent(new Event("change", { bubbles: true }));
  await turned();
  told.both = [location.hash, hits()];
  history.back();
  await turned();
  told.back = [location.hash, hits(), form.elements.class.value];
  location.hash = "#s29";
  await turned();
  told.turned = [hits(), [...document.querySelectorAll("article:not([hidden])")].map((row) => row.id)];
  const output = document.createElement("pre");
  output.id = "told";
  output.textContent = JSON.stringify(told);
  document.body.append(output);
})();
</script>
"""


def corpus():
    """Thirty sentences, in each of which there is one thing at most, so that numbers of entities are numbers of sentences."""
    one, other = Entity.span(1, 3, "人名"), Entity.span(1, 3, "<b>")
    kinds = [
        ({one}, {one}),
        ({other}, {other}),
        ({one}, set()),
        (set(), {other}),
        ({one}, {Entity.span(0, 3, "人名")}),
        (set(), set()),
    ]
    pairs = [kinds[number % len(kinds)] for number in range(30)]
    sentences = [
        Sentence(f"s-{number}", tuple("在北京的</script>" if number % 2 else "在上海的&amp;"), frozenset(gold))
        for number, (gold, _) in enumerate(pairs)
    ]
    return sentences, [frozenset(found) for _, found in pairs]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
def test_numbers_lead_to_as_many_sentences_and_filters_meet(tmp_path):
    sentences, found = corpus()
    ways = bucketings()
    analysis = analyse(sentences, found, ways)
    page = render(Content("诗", "best.pt", "poems", None, analysis=analysis, sentences=sentences, predictions=found, ways=ways))
    file = tmp_path / "report.html"
    file.write_text(page.replace("</body>", f"{FOLLOW}</body>"), encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-ipc-flooding-protection",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000", "--dump-dom", file.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True).stdout
    told = json.loads(unescape(re.search(r'<pre id="told">(.*)</pre>', dom)[1]))
    assert told["problems"] == []
    assert len(told["numbers"]) == 40
    wrong = [row for row in told["numbers"] if not row[2].startswith(f"{row[1]} of 30") or row[3] != "sentences-heading"]
    assert not wrong
    assert told["all"] == "30 of 30 sentences; 1 to 25 are shown"
    assert told["text"] == ["#text=%E5%8C%97%E4%BA%AC", "15 of 30 sentences; 1 to 15 are shown"]
    assert told["both"] == ["#text=%E5%8C%97%E4%BA%AC&class=missed", "None of 30 sentences"]
    assert told["back"] == ["#text=%E5%8C%97%E4%BA%AC", "15 of 30 sentences; 1 to 15 are shown", ""]
    assert told["turned"] == ["30 of 30 sentences; 26 to 30 are shown", [f"s{number}" for number in range(26, 31)]]
