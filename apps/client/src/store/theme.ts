import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'chasqui/theme';

/** Light, dark, or as the system has it. theme.js reads the same key before the first paint. */
export const useTheme = create<{ readonly theme: Theme }>()(() => ({ theme: stored() }));

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // For this page it holds.
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
