import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'chasqui/theme';

/** The chosen theme. theme.js reads the same key before the first paint. */
export const useTheme = create<{ readonly theme: Theme }>()(() => ({ theme: stored() }));

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage is unavailable. The choice lasts until the page is closed.
  }
  useTheme.setState({ theme });
}

function stored(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    return 'system';
  }
}
