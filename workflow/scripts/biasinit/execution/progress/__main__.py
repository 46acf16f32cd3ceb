"""``python -m biasinit.execution.progress results/STUDY`` shows how far a study is."""

from biasinit.execution.progress.terminal import main

main()
