"""What the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """`price` in kopecks, `stock` in pieces. `article` is the shop's own code and unique."""

    id: str
    article: str
    name_ru: str
    name_en: str
    price: int
    stock: int

    def name(self, language: str) -> str:
        return self.name_en if language == "en" and self.name_en else self.name_ru
