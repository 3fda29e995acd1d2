"""A release described for programs: Frictionless Data Package, and Croissant for machine learning.

Reference: datapackage.org/standard/data-package (2.0); the Croissant format specification 1.0,
docs.mlcommons.org/croissant/docs/croissant-spec.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from synth.release.children import TABLE
from synth.release.papers.fields import schema_of, schema_of_linked, type_of
from synth.release.papers.released import Released
from synth.schema import Dates, Numbers
from synth.schema.stored import truth

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
CROISSANT = "http://mlcommons.org/croissant/1.0"
ADDRESS = re.compile(r"https?://\S+")
NAMED = re.compile(r"[-a-zA-Z0-9._]+")
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
KINDS = {"integer": "sc:Integer", "number": "sc:Float", "boolean": "sc:Boolean"}
PARQUET = "application/x-parquet"  # as mlcroissant and Hugging Face name it


def slug(text: str) -> str:
    """A title as a name that every program takes."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain or "synthetic-table"


# -- Frictionless ----------------------------------------------------------------------------------


def data_package(released: Released) -> dict[str, Any]:
    """The release as a Data Package: its CSV files, and how to read them."""
    about = released.about
    created = {"created": f"{about.date}T00:00:00Z"} if about.date else {}
    return {
        "$schema": PROFILE,
        "name": slug(released.named),
        "title": released.named,
        **({"description": about.description} if about.description else {}),
        **({"version": about.version} if about.version else {}),
        **created,
        **_licensed(about.licence),
        **_contributors(released),
        "resources": [
            *(_resource(stem, released, schema_of(released)) for stem in released.tables),
            *_second(released),
        ],
    }


def _second(released: Released) -> list[dict[str, Any]]:
    """The second tables, each with a key of the first one of its copy."""
    linked = released.linked
    if linked is None:
        return []
    both = zip(linked.told.tables, released.tables, strict=True)
    return [
        _resource(stem, linked.told, schema_of_linked(linked, slug(first))) for stem, first in both
    ]


def _resource(stem: str, released: Released, schema: Mapping[str, Any]) -> dict[str, Any]:
    path, written = f"{stem}.csv", released.written
    return {
        "name": slug(stem),
        "path": path,
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": written.encoding,
        "hash": f"sha256:{released.sums[path]}",
        "dialect": {"delimiter": written.delimiter, "lineTerminator": written.line_end},
        "schema": dict(schema),
    }


def _licensed(licence: str) -> dict[str, Any]:
    if not licence:
        return {}
    if ADDRESS.fullmatch(licence):
        return {"licenses": [{"path": licence}]}
    if NAMED.fullmatch(licence):
        return {"licenses": [{"name": licence}]}
    return {"licenses": [{"path": "README.md", "title": licence}]}


def _contributors(released: Released) -> dict[str, Any]:
    about = released.about
    told: list[dict[str, Any]] = []
    if about.publisher:
        told.append({"title": about.publisher, "roles": ["publisher"]})
    if about.contact:
        place = {"path": about.contact} if ADDRESS.fullmatch(about.contact) else {}
        told.append({"title": about.contact, **place, "roles": ["contact"]})
    return {"contributors": told} if told else {}


# -- Croissant -------------------------------------------------------------------------------------


def croissant(released: Released) -> dict[str, Any]:
    """The release as Croissant: its files, and the columns of the first table."""
    about = released.about
    publisher = {"@type": "sc:Organization", "name": about.publisher}
    contact = {"contactPoint": {"@type": "sc:ContactPoint", "name": about.contact}}
    by = {"creator": publisher, "publisher": publisher} if about.publisher else {}
    return {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": CROISSANT,
        "name": slug(released.named),
        "alternateName": released.named,
        "description": _told(released),
        **({"license": about.licence} if about.licence else {}),
        **({"version": about.version} if about.version else {}),
        **({"datePublished": about.date} if about.date else {}),
        **by,
        **({"citeAs": _cited(released)} if about.publisher else {}),
        **(contact if about.contact else {}),
        "distribution": [_file(n, digest) for n, digest in _sums(released).items()],
        "recordSet": [_records(released), *_records_of_second(released)],
    }


def _sums(released: Released) -> dict[str, str]:
    """The checksums of all files of rows."""
    return {**released.sums, **(released.linked.told.sums if released.linked else {})}


def _records_of_second(released: Released) -> list[dict[str, Any]]:
    """The columns of the second table, its key pointing to that of the first."""
    linked = released.linked
    if linked is None:
        return []
    told = linked.told
    fields = [_croissant_field(i, c.column.name, told, TABLE) for i, c in _numbered(told)]
    numbers = {c.column.name: i for i, c in _numbered(released)}
    for field in fields:
        if field["name"] == linked.children.parent_key:
            theirs = f"rows/{numbers[linked.children.key]}"
            field["references"] = {"field": {"@id": theirs}}
    words = f"One line for each row of {linked.children.name}."
    return [
        {
            "@type": "cr:RecordSet",
            "@id": TABLE,
            "name": linked.children.name,
            "description": words,
            "field": fields,
        }
    ]


def _told(released: Released) -> str:
    guarantee = released.model.statement.guarantee
    told = f"Synthetic rows, drawn from a model. {guarantee.short}. {guarantee.rows}"
    return " ".join(filter(None, (released.about.description.strip(), told)))


def _cited(released: Released) -> str:
    about = released.about
    version = f"version {about.version}" if about.version else ""
    parts = (about.publisher, released.named, version, about.date)
    return f"{'. '.join(filter(None, parts))}. Synthetic data."


def _file(name: str, digest: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": "text/csv" if name.endswith(".csv") else PARQUET,
        "sha256": digest,
    }


def _records(released: Released) -> dict[str, Any]:
    """The columns of the first table; of Parquet, which needs no word on how it is written."""
    return {
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        "description": "One line for each synthetic row.",
        "field": [_croissant_field(i, c.column.name, released) for i, c in _numbered(released)],
    }


def _numbered(released: Released) -> list[tuple[int, Any]]:
    return list(enumerate(released.columns, start=1))


def _croissant_field(number: int, name: str, released: Released, table: str = "") -> dict[str, Any]:
    column = released.model.schema[name]
    unit = f" ({column.unit})" if column.unit else ""
    return {
        "@type": "cr:Field",
        "@id": f"{table or 'rows'}/{number}",
        "name": name,
        "description": f"{column.meaning or name}{unit}",
        "dataType": _kind(name, released),
        "source": {
            "fileObject": {"@id": f"{table or 'synthetic'}.parquet"},
            "extract": {"column": name},
        },
    }


def _kind(name: str, released: Released) -> str:
    """The type of a column in the Parquet file, as Croissant names it."""
    column = released.model.schema[name]
    domain, stored = column.domain, column.stored
    if isinstance(domain, Numbers):
        if domain.worded:
            return "sc:Text"
        return "sc:Integer" if domain.decimals == 0 else "sc:Float"
    if isinstance(domain, Dates):
        plain = not domain.codes and domain.format.startswith("%Y-%m-%d")
        return "sc:Date" if plain or stored.startswith(("timestamp", "date")) else "sc:Text"
    if stored == "bool" and getattr(domain, "values", ()) and truth(domain):  # type: ignore[arg-type]
        return "sc:Boolean"
    return KINDS.get(type_of(column, released.tally.several), "sc:Text")
