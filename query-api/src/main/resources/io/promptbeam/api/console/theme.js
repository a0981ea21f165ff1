// Loaded before anything is painted. Light, dark, or as the system has it.
(() => {
  'use strict';
  const NAME = 'promptbeam-theme';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let choice = 'auto';
  try {
    choice = localStorage.getItem(NAME) || 'auto';
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
  }

  function apply() {
    const isDark = choice === 'dark' || (choice !== 'light' && dark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  }

  dark.addEventListener('change', apply);
  window.promptbeamTheme = {
    get: () => choice,
    set(next) {
      choice = next;
      try {
        localStorage.setItem(NAME, next);
      } catch {
        // See above.
      }
      apply();
    },
  };
  apply();
})();
