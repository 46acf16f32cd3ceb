#!/bin/sh
# properties = {properties}
# Snakemake writes the two lines in braces. What follows the job says how it ended, whole or not at
# all: this is known at once, also while the master of Grid Engine is away. A job that was killed
# says nothing. (Double braces are single ones in the script that Snakemake writes.)
(
{exec_job}
)
status=$?
note=".snakemake/sge/$JOB_NAME.exit"
echo "$status" > "$note.part" && mv "$note.part" "$note"
exit "$status"
