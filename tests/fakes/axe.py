"""axe-core on a page: what it calls serious or critical by WCAG 2.2 AA, in words that lead to the element."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

SOURCE = Path(__file__).parents[1] / "vendor/axe-core-4.14.1.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = ("serious", "critical")
_RUN = """async ([place, levels]) => {
    const found = await axe.run(place || document, { runOnly: levels, resultTypes: ["violations"], preload: false });
    const nodes = one => one.nodes.map(node => [node.target.join(" "), node.failureSummary]);
    return found.violations.map(one => ({ id: one.id, impact: one.impact, nodes: nodes(one) }));
}"""


async def grave(page: Page, place: str = "") -> list[str]:
    """The grave violations on the page, or within the one element that `place` selects. Empty when there are none."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(SOURCE.read_text())
    found: list[dict[str, Any]] = await page.evaluate(_RUN, [place, LEVELS])
    return [
        f"{one['id']} ({one['impact']}) at {target}: {why}"
        for one in found
        if one["impact"] in GRAVE
        for target, why in one["nodes"]
    ]


async def grave_anywhere(page: Page, seen: set[str]) -> list[str]:
    """The page as it stands, then each of its dialogs that is not in `seen` yet (it is added), opened as they are for a person."""
    found = await grave(page)
    for number in range(await page.locator("dialog").count()):
        dialog = page.locator("dialog").nth(number)
        body, name = await dialog.evaluate("d => [d.outerHTML, d.id]")
        if body in seen:
            continue
        seen.add(body)
        await dialog.evaluate("d => d.open || ('modeless' in d.dataset ? d.show() : d.showModal())")
        found += [f"dialog {line}" for line in await grave(page, f"#{name}")]
        await dialog.evaluate("d => d.close()")
    return found
