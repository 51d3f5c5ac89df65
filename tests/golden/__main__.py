"""Writes the golden files anew: allowed until the first tag, never after it.

`python -m tests.golden`. Once there is a file `FROZEN`, only files that are not there yet are
written; one that would be otherwise than it is, is refused.
"""

from tests.golden.messages import FOLDER, written
from tests.golden.story import bodies_of_a_day, files_of, judged
from tests.golden.writing import write

write(FOLDER, written())
write(FOLDER, {f"ops/{name}": text for name, text in files_of(judged(bodies_of_a_day())).items()})
