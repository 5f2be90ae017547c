import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { queries } from './api/client';
import { App } from './app';
import { CONFIG } from './config';
import { followTheme } from './preferences';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/controls.css';
import './styles/table.css';

followTheme();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Router base={CONFIG.basePath}>
        <App />
      </Router>
    </QueryClientProvider>
  </StrictMode>,
);
