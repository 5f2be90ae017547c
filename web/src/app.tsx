import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { needsToken, session } from './api/session';
import { NotFoundPage } from './pages/not-found-page';
import { useStore } from './store';
import { PageBoundary } from './ui/page-boundary';
import { LoadingState } from './ui/notices';
import { Shell } from './ui/shell';
import { TokenForm } from './ui/token-form';

// each page comes with its own file: nobody loads the plots to read a job
const OverviewPage = lazy(() => import('./pages/overview/overview-page'));
const JobsPage = lazy(() => import('./pages/jobs/jobs-page'));
const JobPage = lazy(() => import('./pages/job/job-page'));
const SourcesPage = lazy(() => import('./pages/sources/sources-page'));
const SourcePage = lazy(() => import('./pages/source/source-page'));
const WebhooksPage = lazy(() => import('./pages/webhooks/webhooks-page'));
const AlertsPage = lazy(() => import('./pages/alerts/alerts-page'));

/** Everything between the address and the page: the service serves this one document at each of these paths. */
export function App() {
  const who = useStore(session);
  return (
    <Shell>
      {needsToken(who) ? (
        <TokenForm isRefused={who.isRefused} />
      ) : (
        <PageBoundary>
          <Suspense fallback={<LoadingState what="the page" />}>
            <Switch>
              <Route path="/" component={OverviewPage} />
              <Route path="/jobs" component={JobsPage} />
              <Route path="/jobs/:id">{({ id }) => <JobPage key={id} id={id} />}</Route>
              <Route path="/sources" component={SourcesPage} />
              <Route path="/sources/:key">{({ key }) => <SourcePage key={key} sourceKey={key} />}</Route>
              <Route path="/webhooks" component={WebhooksPage} />
              <Route path="/alerts" component={AlertsPage} />
              <Route component={NotFoundPage} />
            </Switch>
          </Suspense>
        </PageBoundary>
      )}
    </Shell>
  );
}
