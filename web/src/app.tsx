import { useEffect } from 'react';
import { Route, Switch } from 'wouter';
import { needsToken, session } from './api/session';
import { NotFoundPage } from './pages/not-found-page';
import { useStore } from './store';
import { lazyPage } from './ui/lazy-page';
import { PageBoundary } from './ui/page-boundary';
import { Shell } from './ui/shell';
import { TokenForm } from './ui/token-form';

// each page comes with its own file: nobody loads the plots to read a job
const OverviewPage = lazyPage(() => import('./pages/overview/overview-page'));
const JobsPage = lazyPage(() => import('./pages/jobs/jobs-page'));
const JobPage = lazyPage(() => import('./pages/job/job-page'));
const SourcesPage = lazyPage(() => import('./pages/sources/sources-page'));
const SourcePage = lazyPage(() => import('./pages/source/source-page'));
const PreviewPage = lazyPage(() => import('./pages/preview/preview-page'));
const WebhooksPage = lazyPage(() => import('./pages/webhooks/webhooks-page'));
const AlertsPage = lazyPage(() => import('./pages/alerts/alerts-page'));

/** What is opened most: there before somebody asks for it, once the first page has come. */
const PRELOADED = [JobsPage, JobPage];
const PRELOAD_AFTER_MS = 1_000;

/** Everything between the address and the page: the service serves this one document at each of these paths. */
export function App() {
  const who = useStore(session);
  useEffect(() => {
    const timer = setTimeout(() => PRELOADED.forEach((page) => page.preload()), PRELOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Shell>
      {needsToken(who) ? (
        <TokenForm isRefused={who.isRefused} />
      ) : (
        <PageBoundary>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/jobs" component={JobsPage} />
            <Route path="/jobs/:id">{({ id }) => <JobPage key={id} id={id} />}</Route>
            <Route path="/sources" component={SourcesPage} />
            <Route path="/sources/:key">{({ key }) => <SourcePage key={key} sourceKey={key} />}</Route>
            <Route path="/sources/:key/preview">
              {({ key }) => <PreviewPage key={key} sourceKey={key} />}
            </Route>
            <Route path="/webhooks" component={WebhooksPage} />
            <Route path="/alerts" component={AlertsPage} />
            <Route component={NotFoundPage} />
          </Switch>
        </PageBoundary>
      )}
    </Shell>
  );
}
