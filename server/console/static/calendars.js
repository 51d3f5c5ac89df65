// A file that is chosen is read here and put into the field, where it can be looked at first.
"use strict";

document.addEventListener("change", async (event) => {
  const chosen = event.target;
  const into = chosen.dataset && document.getElementById(chosen.dataset.into);
  if (!into || !chosen.files.length) return;
  into.value = await chosen.files[0].text();
  into.focus();
});
