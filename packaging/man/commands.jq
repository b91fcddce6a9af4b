# commands.jq: what a program says of itself (--experimental-dump-help) as parts of its manual page, in mdoc(7).
#
#   jq -r --arg part description|exit-status|environment|commands -f commands.jq

# ---- text

# A line of ours must not be taken for a macro, and a hyphen in what can be typed is a minus.
def safe: gsub("\\\\"; "\\e") | if test("^[.']") then "\\&" + . else . end;
def literal: safe | gsub("-"; "\\-");
# A sentence has a line of its own, so that the formatter may space them.
def prose: safe | gsub("\\. (?=[A-Z])"; ".\n") | gsub("`(?<it>[^`]+)`"; "\\fB\(.it | gsub("-"; "\\-"))\\fP") | gsub("(?<a>^|[ (])(?<it>--?[a-z][a-z-]*)"; "\(.a)\\fB\(.it | gsub("-"; "\\-"))\\fP");

# Lines to blocks: {text} of the lines that begin at the margin, {literal} of those that are indented.
def blocks:
  reduce (. / "\n")[] as $line ([];
    (if $line == "" then "blank" elif $line | startswith("  ") then "literal" else "text" end) as $kind |
    if length > 0 and .[-1].kind == $kind then .[-1].lines += [$line] else . + [{kind: $kind, lines: [$line]}] end) |
  map(select(.kind != "blank"));

def print_block:
  if .kind == "literal" then [".Bd -literal -offset indent"] + (.lines | map(ltrimstr("  ") | literal)) + [".Ed"]
  else [".Pp"] + (.lines | map(prose)) end;

# ---- sections of a discussion: a line such as "Exit codes:", and the indented lines below it, are a section of the page by that name.

def titles: {"Exit codes:": "exit-status", "Environment:": "environment"};

def sections:
  reduce blocks[] as $block ([];
    $block.lines[0] as $first |
    if $block.kind == "literal" and length > 0 then .[-1].blocks += [$block]
    elif titles[$first] then . + [{part: titles[$first], blocks: []}]
    elif $first | startswith("Exit status: ") then . + [{part: "exit-status", blocks: [$block | .lines[0] |= ltrimstr("Exit status: ")]}]
    else . + [{part: "description", blocks: [$block]}] end);

# A list of "name  meaning" lines.
def list: [".Bl -tag -width NO_COLOR"] + ([.[].lines[] | ltrimstr("  ") | capture("^(?<name>\\S+) +(?<text>.*)$") | ".It Sy \(.name | literal)", (.text | prose)]) + [".El"];
# "0 done; 1 it failed, and why; 2 …" in a sentence.
def sentence_list: [".Bl -tag -width NO_COLOR"] + ([.[].lines | join(" ") | rtrimstr(".") / "; " | .[] | capture("^(?<name>\\d+) (?<text>.*)$") | ".It Sy \(.name)", (.text | prose)]) + [".El"];

def part($name):
  [(.discussion // "") | sections[] | select(.part == $name) | .blocks] | add // [] |
  if length == 0 then [] elif $name == "description" then map(print_block[])
  elif .[0].kind == "literal" then list else sentence_list end;

# ---- commands

def flag_name: if .kind == "short" then "Fl \(.name)" else "Fl \\-\(.name | gsub("-"; "\\-"))" end;

def term:
  (.names // [] | sort_by(.kind == "long") | map(flag_name) | join(" , ")) as $flags |
  if .kind == "positional" then ".It Ar " + .valueName else ".It \($flags)" + (if .kind == "option" then " Ar " + .valueName else "" end) end;

def meaning:
  [(.abstract // "" | prose)]
  + (if .kind == "option" and .defaultValue then ["The default is", ".Ql \(.defaultValue | literal) ."] else [] end)
  + (if .allValues and .kind == "option" then ["One of \(.allValues | join(", "))."] else [] end);

# Not what every command has.
def own_arguments: [.arguments[]? | select(.shouldDisplay and .valueName != "help" and .valueName != "version")];

def positional: . as $it | "Ar \(.valueName)" + (if .isRepeating then " ..." else "" end) | if $it.isOptional then "Oo \(.) Oc" else . end;

def synopsis:
  [".It Nm", "Cm \(.commandName)", (own_arguments[] | select(.kind == "positional") | positional),
    (if any(own_arguments[]; .kind != "positional") then "Oo Ar options Oc" else empty end)] | join(" ");

def command:
  [synopsis, (.abstract | prose)]
  + ((.discussion // "") | [blocks[] | print_block[]])
  + (own_arguments | if length == 0 then [] else [".Bl -tag -width indent"] + map(term, meaning[]) + [".El"] end);

def commands: [.subcommands[] | select(.shouldDisplay and .commandName != "help") | command[]] | [".Bl -tag -width indent"] + . + [".El"];

.command | if $part == "commands" then commands else part($part) end | .[]
