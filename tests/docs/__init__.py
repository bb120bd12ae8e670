"""Every command that a document shows is run, and must do what the document says.

In README.md and below docs/:

- In a ```console block a line that begins with `$ ` is a command; it goes on over lines that end
  with `\\`, `|` or `&&`, and over a here-document. The lines below it are what it prints. Without
  any, only its success is asked for.
- A command that ends with `&` keeps running until its page ends; what stands below it is waited for.
- A ```yaml, ```python or ```json block whose first line is a comment with a file's name
  (`# orders.yaml`) is that file, from there on.
- A page runs in a folder of its own with the repository's `examples/`, in one shell.

Comments tell what a reader need not see:

- `<!-- run: fabric FILE... -->` starts `poplin up -f FILE...` and waits until it is up.
- `<!-- run: background COMMAND -->` starts a command that keeps running.
- `<!-- run: printed by WORD -->` before a ```text block: the running command with that word in it
  prints these lines.
- `<!-- run: exits N -->`: the last command of the next block ends with that status.
- `<!-- run: skip REASON -->`: the next block is not run; it would need a fabric more, or the network.
- `<!-- run: cluster -->`: the page needs a Kubernetes API server; tests/cluster runs all of it, with
  `kubectl`.

What is printed must be what is shown, line by line, but for empty lines, runs of white space and

- `...`: alone in a line any number of lines, within a line any text;
- times of day, dates, UUIDs, ids of log entries, and numbers with a unit of time, size or rate
  (`12 ms`, `1.5 s`, `3 MiB`, `476/s`), of which any will do.

Ports that documents name are exchanged for free ones, there and back. A command that only looks
(`poplin get`, `describe`, `trace`, ...) is asked again until it shows what is written, for 10 s.
"""
