"""Local features: extraction, the file of a segment, and where a query lies on an image."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

import indexer.store.regions
import search.regions
from indexer.cache import Cache
from indexer.config import Limits
from indexer.images import decode, thumbnail
from indexer.records import Box
from indexer.regions.cached import CachedFeatures
from indexer.regions.extract import ASKED, STORED, encode, extract
from indexer.regions.features import EDGE, PLANES, Features
from indexer.store.regions import NEAR, Regions, _farthest, find_seen, gather, write_regions
from search.recognise import read_preview
from search.regions import Points, Sighting, sight, sightings
from search.verify import verify


def screen(seed: int) -> Image.Image:
    """A made-up screen of 480 × 300: boxes, lines and words at places drawn from `seed`."""
    random = Random(seed)
    image = Image.new("RGB", (480, 300), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = random.randint(0, 440), random.randint(0, 280)
        size = (x + random.randint(5, 60), y + random.randint(5, 30))
        draw.rectangle((x, y, *size), fill=tuple(random.randint(0, 255) for _ in range(3)))
        draw.text((x, y), f"{random.randint(0, 10**6):x}", fill="black")
    return image


def is_same(asked: Image.Image, seen: Image.Image, found: Sighting) -> bool:
    (one,) = verify(asked, [(None, found)], lambda _: np.asarray(seen.convert("L")))
    return one.same


def made(codes: list[int], place: int = 0) -> Features:
    """Features at one place, each of whose planes is one number."""
    points = np.full((len(codes), 2), place, np.uint16)
    numbers = np.array([[code] * PLANES for code in codes], np.uint64)
    return Features(points, numbers.reshape(-1, PLANES), 1.5)


def test_a_descriptor_becomes_numbers_of_0_to_3_in_unary() -> None:
    # The sum over both senses of a direction is rooted after it is divided by the total.
    descriptor = np.zeros((1, 128), np.float32)
    descriptor[0, 0], descriptor[0, 4] = 20, 16  # sense and counter-sense: 36 → 3/16 and more
    descriptor[0, 9] = 16  # √(16/1024) = 1/8: two levels
    descriptor[0, 18] = 4  # √(4/1024) = 1/16: one level
    descriptor[0, 27] = 968  # the rest: √(968/1024)
    (code,) = encode(descriptor)
    bits = np.unpackbits(code[:, None].view(np.uint8), axis=1).reshape(PLANES, 64).sum(0)
    # 64 numbers: 4 directions in each of 16 cells
    assert {int(i): int(bits[i]) for i in bits.nonzero()[0]} == {0: 3, 5: 2, 10: 1, 15: 3}


def test_inverted_colours_give_the_same_features() -> None:
    image = screen(1)
    dark = extract(ImageOps.invert(image), ASKED)
    found = sight(dark, extract(image, STORED))
    assert found is not None
    assert found.features > 0.9 * STORED
    assert found.box == Box(0.0, 0.0, 1.0, 1.0)


def test_a_budget_is_kept_and_an_empty_image_has_no_features() -> None:
    assert len(extract(screen(1), 50)) == 50
    blank = extract(Image.new("RGB", (300, 200), "white"), STORED)
    assert (len(blank), blank.aspect) == (0, 1.5)


def test_features_survive_bytes_and_cut_bytes_are_refused() -> None:
    features = made([1, 2**63], place=EDGE)
    again = Features.from_bytes(features.to_bytes())
    assert again.codes.tolist() == [[1] * 3, [2**63] * 3]
    assert again.places().tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert again.aspect == 1.5
    with pytest.raises(ValueError, match="28 bytes each"):
        Features.from_bytes(features.to_bytes()[:-1])


def test_the_cache_spares_the_second_extraction(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    image = screen(2)
    first = CachedFeatures(cache, 1).find([("a" * 64, image)])
    blank = Image.new("RGB", (9, 9))
    second = CachedFeatures(cache, 1).find([("a" * 64, blank)])  # known by its key
    cache.close()
    assert second["a" * 64].to_bytes() == first["a" * 64].to_bytes()


@pytest.fixture
def three(tmp_path: Path) -> Regions:
    """Rows 2 and 5 have one image, row 3 another with one code in common."""
    path = tmp_path / "regions.bin"
    common = made([0b1111, 2**64 - 1])
    write_regions(path, {2: common, 3: made([0b1111, 2**32 - 1], 7), 5: made([0b1111, 2**64 - 1])})
    return Regions(path)


def test_equal_images_are_stored_once(three: Regions) -> None:
    assert three.count == 2
    assert three.rows.tolist() == [2, 3, 5]
    assert three.images.tolist() == [0, 1, 0]
    assert three.rows_of(0).tolist() == [2, 5]
    assert three.features(1).codes[:, 0].tolist() == [0b1111, 2**32 - 1]
    assert three.features(1).points.tolist() == [[7, 7], [7, 7]]
    assert three.faults(6) == []


def test_rows_that_are_not_there_are_a_fault(three: Regions) -> None:
    assert three.faults(5) == ["regions of chunks that are not there"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "regions.bin"
    path.write_bytes(b"\0" * 48)
    with pytest.raises(ValueError, match="holds no features"):
        Regions(path)


def test_a_rare_feature_outvotes_one_that_all_images_have(three: Regions) -> None:
    # The common code gives each image half a vote; the rare one gives image 1 a whole.
    seen = find_seen([three], [None], made([0b1111, 2**32 - 1]), 5)
    assert [one.rows for one in seen] == [(3,), (2, 5)]


def test_excluded_images_never_come_back(three: Regions) -> None:
    mask: NDArray[np.bool_] = np.array([1, 1, 0, 0, 1, 1], np.bool_)
    seen = find_seen([three], [mask], made([0b1111, 2**32 - 1]), 5)
    assert [one.rows for one in seen] == [(5,)]
    assert find_seen([three], [np.zeros(6, np.bool_)], made([0b1111]), 5) == []


def test_a_segment_without_the_file_takes_no_part(three: Regions) -> None:
    seen = find_seen([None, three], [None, None], made([2**32 - 1]), 5)
    assert [(one.segment, one.rows) for one in seen] == [(1, (3,))]
    assert find_seen([None], [None], made([1]), 5) == []


def test_a_merge_takes_over_what_is_left(three: Regions) -> None:
    moved = np.array([-1, -1, -1, 8, -1, 4])
    found = gather([(three, moved)])
    assert list(found) == [4, 8]
    assert found[8].codes[:, 0].tolist() == [0b1111, 2**32 - 1]


def test_a_crop_is_located(tmp_path: Path) -> None:
    image = screen(3)
    cut = image.crop((120, 60, 420, 270)).resize((240, 168))
    found = sight(extract(cut, ASKED), extract(image, STORED))
    assert found is not None
    box = (found.box.x0, found.box.y0, found.box.x1, found.box.y1)
    assert box == pytest.approx((0.25, 0.2, 0.875, 0.9), abs=0.02)
    assert is_same(cut, image, found)


@pytest.mark.parametrize("seed", [3, 8])
def test_a_cut_and_scaled_copy_is_fitted_to_a_pixel(seed: int) -> None:
    cut = screen(seed).crop((24, 15, 456, 285)).resize((302, 189))
    found = sight(extract(cut, ASKED), extract(screen(seed), STORED))
    assert found is not None
    # nine tenths of the screen, a twentieth from its left and, of 300 by 480, from its top
    assert found.flat
    wanted = np.array([[0.9, 0.0, 0.05], [0.0, 0.9, 0.05 * 300 / 480], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(found.matrix, wanted, atol=0.001)


def test_a_slanted_photo_is_fitted_by_a_homography() -> None:
    image = screen(3)
    square = np.array([[0, 0], [480, 0], [480, 300], [0, 300]], np.float32)
    slant = np.array([[0, 20], [480, 0], [480, 300], [0, 280]], np.float32)
    matrix = cv2.getPerspectiveTransform(square, slant)  # of the photo to the screen
    numbers = matrix.ravel()[:8].tolist()
    photo = image.transform(image.size, Image.Transform.PERSPECTIVE, numbers)
    found = sight(extract(photo, ASKED), extract(image, STORED))
    assert found is not None
    assert not found.flat
    corners = search.regions._project(found.matrix, square / np.float32(480))
    np.testing.assert_allclose(corners, slant / 480, atol=0.01)


def test_another_screen_is_not_sighted() -> None:
    assert sight(extract(screen(4), ASKED), extract(screen(5), STORED)) is None


def test_the_same_frame_around_something_else_is_not_the_same() -> None:
    image = screen(6)
    other = screen(7)
    other.paste(image.crop((0, 0, 480, 90)), (0, 0))
    found = sight(extract(other, ASKED), extract(image, STORED))
    assert found is None or not is_same(other, image, found)


def test_only_what_can_be_among_the_best_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    image = screen(3)
    part = image.crop((120, 60, 420, 270)).resize((240, 168))
    candidates = [("other", screen(4)), ("part", part), ("blank", Image.new("RGB", (90, 60)))]
    candidates += [("itself", image), ("again", image)]
    stored = [(name, extract(one, STORED)) for name, one in candidates]
    asked = extract(image, ASKED)
    every = {name: found for name, seen in stored if (found := sight(asked, seen)) is not None}
    assert every.keys() == {"part", "itself", "again"}
    fitted: list[int] = []
    fit = search.regions._fit

    def counted(here: Points, there: Points) -> NDArray[np.float64] | None:
        fitted.append(len(here))
        return fit(here, there)

    monkeypatch.setattr(search.regions, "_fit", counted)
    best = sightings(asked, stored, most=2, rival=0.0)
    assert best == [("itself", every["itself"]), ("again", every["again"])]
    assert len(fitted) == 2
    assert dict(sightings(asked, stored, most=5, rival=0.0)) == every
    assert sightings(asked, [], most=2, rival=0.2) == []


def test_votes_are_sorted_only_as_far_as_they_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer.store.regions, "_NEIGHBOURS", 2)
    apart = np.array([7, 3, 3, 9, 200, 60, 0], np.uint8)
    whose = np.array([0, 0, 0, 0, 0, 1, 2])
    # of feature 0 two are 3 apart; of 1 and 2 fewer than two are near: all that are may vote
    assert _farthest(apart, whose, 3).tolist() == [3, NEAR, NEAR]


def test_a_preview_is_read_in_grey_and_no_other_file_is() -> None:
    shown = thumbnail(screen(3))
    found = read_preview(BytesIO(shown))
    assert found is not None
    np.testing.assert_array_equal(found, np.asarray(decode(shown, Limits()).convert("L")))
    assert read_preview(BytesIO(shown[:200])) is None
    other = BytesIO()
    screen(3).save(other, "PNG")
    assert read_preview(BytesIO(other.getvalue())) is None
    assert read_preview(Path("missing.webp")) is None
