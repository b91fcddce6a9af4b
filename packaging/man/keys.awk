# keys.awk: the keys of config/faultd.yaml, their comments and defaults as a list in mdoc(7).
# A key is a line such as "  #max_lease: 1h"; the comment above it tells what it is. Keys that follow each other share one.

function safe(text) { gsub(/\\/, "\\e", text); return text ~ /^[.']/ ? "\\&" text : text }

function flush(    i) {
    for (i = 1; i <= heads; i++) print ".It Sy " head[i]
    for (i = 1; i <= lines && heads > 0; i++) print safe(comment[i])
    heads = lines = 0
}

BEGIN { print ".Bl -tag -width indent" }
/^[a-z_]+:$/ { flush(); section = substr($0, 1, length($0) - 1) "." }
/^ *#[a-z_]+:/ {
    key = value = $0
    sub(/^ *#/, "", key); sub(/:.*/, "", key)
    sub(/^[^:]*: */, "", value); gsub(/-/, "\\-", value); gsub(/"/, "\\(dq", value)
    head[++heads] = section key ": Ar " value
}
/^ *# / { if (heads > 0) flush(); line = $0; sub(/^ *# /, "", line); comment[++lines] = line }
/^$/ { flush() }
END { flush(); print ".El" }
