"""Models worth knowing: what each is good for, as far as others have published it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from indexer.encoders.precision import in_float
from indexer.encoders.source import PACKAGED

Role = Literal["text", "clip", "reader"]
MANY = ("many",)
"""The languages of a model whose list is too long to be of use."""

OPEN_CLIP = "open_clip, docs/openclip_retrieval_results.csv"
CROSSMODAL = "open_clip, docs/openclip_multilingual_retrieval_results.csv, mean of 36 languages"
SIGLIP2 = "big_vision, README_siglip2.md"
MOBILECLIP2 = "ml-mobileclip, results/mobileclip2_s2.jsonl"
PERCEPTION = "perception_models, apps/pe/README.md"
BGE = "FlagEmbedding, research/baai_general_embedding/README.md"

COCO = "COCO caption → image R@1"
XM3600 = "XM3600 caption → image R@1"
MTEB = "MTEB English retrieval nDCG@10"
C_MTEB = "C-MTEB Chinese retrieval nDCG@10"


@dataclass(frozen=True, slots=True)
class Published:
    """A figure that others measured: a share from 0 to 1, what it measures, and who says so."""

    value: float
    measure: str
    source: str


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model, under the name that settings and options take.

    `dim` is the length of a vector, 0 for a reader. `megabytes` is about what is downloaded:
    four bytes for each parameter; 0 where nothing is. `hub` names the weights on the model hub;
    empty for what arrives inside a Python package. `languages` are ISO 639-1 codes or `MANY`.
    """

    name: str
    role: Role
    dim: int
    megabytes: int
    languages: tuple[str, ...]
    licence: str
    hub: str = ""
    published: Published | None = None


KNOWN = (
    KnownModel(PACKAGED, "text", 384, 0, ("en",), "apache-2.0"),
    KnownModel(
        "BAAI/bge-small-en-v1.5",
        "text",
        384,
        133,
        ("en",),
        "mit",
        "BAAI/bge-small-en-v1.5",
        Published(0.5168, MTEB, BGE),
    ),
    KnownModel(
        "BAAI/bge-small-zh-v1.5",
        "text",
        512,
        96,
        ("zh",),
        "mit",
        "BAAI/bge-small-zh-v1.5",
        Published(0.6177, C_MTEB, BGE),
    ),
    KnownModel(
        "intfloat/multilingual-e5-small",
        "text",
        384,
        471,
        MANY,
        "mit",
        "intfloat/multilingual-e5-small",
        Published(0.5995, C_MTEB, BGE),
    ),
    KnownModel("starter", "clip", 384, 0, ("en",), "apache-2.0"),
    KnownModel(
        "MobileCLIP2-S2/dfndr2b",
        "clip",
        512,
        397,
        ("en",),
        "apple-amlr",
        "timm/MobileCLIP2-S2-OpenCLIP",
        Published(0.4882, COCO, MOBILECLIP2),
    ),
    KnownModel(
        "ViT-B-32/laion2b_s34b_b79k",
        "clip",
        512,
        605,
        ("en",),
        "mit",
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        Published(0.3934, COCO, OPEN_CLIP),
    ),
    KnownModel(
        "ViT-B-32-256/datacomp_s34b_b86k",
        "clip",
        512,
        605,
        ("en",),
        "mit",
        "laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K",
        Published(0.3993, COCO, OPEN_CLIP),
    ),
    KnownModel(
        "ViT-B-32-SigLIP2-256/webli",
        "clip",
        768,
        1507,
        MANY,
        "apache-2.0",
        "timm/ViT-B-32-SigLIP2-256",
        Published(0.472, COCO, SIGLIP2),
    ),
    KnownModel(
        "ViT-B-16-SigLIP2-256/webli",
        "clip",
        768,
        1501,
        MANY,
        "apache-2.0",
        "timm/ViT-B-16-SigLIP2-256",
        Published(0.532, COCO, SIGLIP2),
    ),
    KnownModel(
        "ViT-SO400M-16-SigLIP2-384/webli",
        "clip",
        1152,
        4544,
        MANY,
        "apache-2.0",
        "timm/ViT-SO400M-16-SigLIP2-384",
        Published(0.56, COCO, SIGLIP2),
    ),
    KnownModel(
        "PE-Core-B-16/meta",
        "clip",
        1024,
        1791,
        ("en",),
        "apache-2.0",
        "timm/PE-Core-B-16",
        Published(0.509, COCO, PERCEPTION),
    ),
    KnownModel(
        "PE-Core-L-14-336/meta",
        "clip",
        1024,
        2685,
        ("en",),
        "apache-2.0",
        "timm/PE-Core-L-14-336",
        Published(0.571, COCO, PERCEPTION),
    ),
    KnownModel(
        "xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k",
        "clip",
        512,
        1464,
        MANY,
        "mit",
        "laion/CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k",
        Published(0.3778, COCO, OPEN_CLIP),
    ),
    KnownModel(
        "xlm-roberta-large-ViT-H-14/frozen_laion5b_s13b_b90k",
        "clip",
        1024,
        4772,
        MANY,
        "mit",
        "laion/CLIP-ViT-H-14-frozen-xlm-roberta-large-laion5B-s13B-b90k",
        Published(0.5022, XM3600, CROSSMODAL),
    ),
    KnownModel(
        "nllb-clip-base-siglip/v1",
        "clip",
        768,
        2029,
        MANY,
        "cc-by-nc-4.0",
        "visheratin/nllb-clip-base-siglip",
        Published(0.5068, XM3600, CROSSMODAL),
    ),
    KnownModel("rapidocr", "reader", 0, 0, ("en", "zh"), "apache-2.0"),
)
"""Models to recommend, by role and size. Figures that nobody has published are left out."""


def known_model(name: str) -> KnownModel | None:
    """The model of that name."""
    return next((model for model in KNOWN if model.name == name), None)


def full_name(model: str) -> str:
    """`MODEL` → `MODEL/PRETRAINED` where one of the known models has that architecture.

    A suffix that names the precision stays.
    """
    plain = in_float(model)
    clips = [item.name for item in KNOWN if item.role == "clip"]
    found = [name for name in clips if name.partition("/")[0] == plain]
    return found[0] + model.removeprefix(plain) if len(found) == 1 else model
