"""The query that finds what the reader of names needs, for each of the grammars.

Captures: ``id`` any identifier; ``F``/``B`` what makes a function or block scope; ``var``, ``let``, ``const``, ``fn``, ``par``,
``imp``, ``tlet`` a declared name; ``p`` a name in a pattern, ``R...`` the pattern (or parameter list) that declares with it; ``w`` an
assignment; ``skip`` a name that is none; ``S`` a range of types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language

_COMMON = """
(identifier) @id
(shorthand_property_identifier) @id
(shorthand_property_identifier_pattern) @id

[(function_declaration) (generator_function_declaration) (function_expression) (generator_function)
 (arrow_function) (method_definition) (class_static_block)] @F
[(statement_block) (for_statement) (for_in_statement) (catch_clause) (switch_body)] @B

(variable_declaration (variable_declarator name: (identifier) @var))
(variable_declaration (variable_declarator name: [(array_pattern) (object_pattern)] @Rvar))
(lexical_declaration kind: "let" (variable_declarator name: (identifier) @let))
(lexical_declaration kind: "let" (variable_declarator name: [(array_pattern) (object_pattern)] @Rlet))
(lexical_declaration kind: "const" (variable_declarator name: (identifier) @const))
(lexical_declaration kind: "const" (variable_declarator name: [(array_pattern) (object_pattern)] @Rconst))
(for_in_statement kind: "var" left: (identifier) @var)
(for_in_statement kind: "var" left: [(array_pattern) (object_pattern)] @Rvar)
(for_in_statement kind: "let" left: (identifier) @let)
(for_in_statement kind: "let" left: [(array_pattern) (object_pattern)] @Rlet)
(for_in_statement kind: "const" left: (identifier) @const)
(for_in_statement kind: "const" left: [(array_pattern) (object_pattern)] @Rconst)
(for_in_statement !kind left: (identifier) @w)

(function_declaration name: (identifier) @fn)
(generator_function_declaration name: (identifier) @fn)
(function_expression name: (identifier) @let)
(generator_function name: (identifier) @let)
(arrow_function parameter: (identifier) @par)
(formal_parameters) @Rpar
(catch_clause parameter: (identifier) @let)
(catch_clause parameter: [(array_pattern) (object_pattern)] @Rlet)

(array_pattern (identifier) @p)
(rest_pattern (identifier) @p)
(pair_pattern value: (identifier) @p)
(assignment_pattern left: (identifier) @p)
(shorthand_property_identifier_pattern) @p

(import_specifier !alias name: (identifier) @imp)
(import_specifier name: (identifier) @skip alias: (identifier) @imp)
(import_clause (identifier) @imp)
(namespace_import (identifier) @imp)
(export_statement (export_clause) @S source: (_))
(export_specifier alias: (identifier) @skip)
(namespace_export (identifier) @skip)

(assignment_expression left: (identifier) @w)
(augmented_assignment_expression left: (identifier) @w)
(update_expression argument: (identifier) @w)
(unary_expression operator: "typeof" argument: (identifier) @typeof)
"""

_JAVASCRIPT = """
(class_declaration name: (identifier) @let)
(class name: (identifier) @let)
(formal_parameters (identifier) @par)
(with_statement) @with
"""

_TYPESCRIPT = """
(class_declaration name: (type_identifier) @tlet)
(abstract_class_declaration name: (type_identifier) @tlet)
(class name: (type_identifier) @tlet)
(interface_declaration name: (type_identifier) @tlet)
(type_alias_declaration name: (type_identifier) @tlet)
(required_parameter pattern: (identifier) @par)
(optional_parameter pattern: (identifier) @par)
(import_require_clause (identifier) @imp)
(import_alias . (identifier) @imp)
(enum_declaration name: (identifier) @let)
(internal_module name: (identifier) @let)
(internal_module name: (nested_identifier . object: (identifier) @let))
(module name: (identifier) @let)
(module name: (nested_identifier . object: (identifier) @let))
(function_signature name: (identifier) @fn)
(ambient_declaration) @ambient
[(interface_declaration) (type_alias_declaration) (type_annotation) (type_arguments) (type_parameters)
 (function_signature) (method_signature) (abstract_method_signature) (ambient_declaration) (type_query)
 (function_type) (constructor_type) (object_type) (tuple_type) (nested_type_identifier) (enum_body)
 (index_signature) (asserts_annotation) (type_predicate_annotation) (implements_clause)] @S
(type_predicate name: (identifier) @skip)
(with_statement) @with
"""

_JSX = """
(jsx_opening_element) @jsx
(jsx_self_closing_element) @jsx
(jsx_opening_element name: (identifier) @jsxname)
(jsx_closing_element name: (identifier) @jsxname)
(jsx_self_closing_element name: (identifier) @jsxname)
(jsx_namespace_name (identifier) @skip)
"""


def query_text(language: Language) -> str:
    """The query for a grammar."""
    parts = [_COMMON]
    parts.append(_TYPESCRIPT if language.id_for_node_kind("type_annotation", True) else _JAVASCRIPT)
    if language.id_for_node_kind("jsx_opening_element", True):
        parts.append(_JSX)
    return "".join(parts)
