"""What is looked for in SVGs."""

from xml.etree import ElementTree


def texts(drawing: str) -> list[str]:
    """Return all texts of an SVG."""
    return [x.text or "" for x in ElementTree.fromstring(drawing).iter()]


def shapes(drawing: str, kind: str) -> list[dict[str, str]]:
    """Return the attributes of all shapes of a class."""
    root = ElementTree.fromstring(drawing)
    return [x.attrib for x in root.iter() if x.get("class") == kind]
