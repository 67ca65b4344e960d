// Before the first paint, so that the chosen theme does not flash; the policy of the page allows no inline script.
try {
  var theme = localStorage.getItem("openmcp.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch (e) {
  // Storage is forbidden: the system's theme it is.
}
