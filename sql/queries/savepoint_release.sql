RELEASE batch;
