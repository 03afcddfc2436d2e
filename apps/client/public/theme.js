// Before the first paint, so that a page that was told to be dark is never white for a moment.
(function () {
  try {
    var theme = localStorage.getItem('chasqui/theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage the system decides.
  }
})();
