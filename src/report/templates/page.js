// A link to a number opens what is told of it, and a link into something folded unfolds it.
function reach() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  document.querySelectorAll('.from:popover-open').forEach(open => open.hidePopover());
  for (let at = target.parentElement; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  target.scrollIntoView({ block: 'center' });
  target.focus({ preventScroll: true });
  const told = target.popoverTargetElement;
  if (told && !told.matches(':popover-open')) told.showPopover();
}
addEventListener('hashchange', reach);
reach();
