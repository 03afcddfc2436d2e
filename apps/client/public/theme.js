// Runs before the first paint, so that a page in the dark theme never flashes white.
(function () {
  try {
    var theme = localStorage.getItem('chasqui/theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is unavailable: the system setting applies.
  }
})();
