namespace DiffusionSharp.Sampling.Execution;

/// <summary>The images of a request in one array. Refused before it is taken where there is not as much memory.</summary>
internal sealed class ImageCollector
{
    private readonly SamplerRequest request;
    private readonly double[] all;
    private SampledImages? only;
    private int done;

    public ImageCollector(SamplerRequest request)
    {
        this.request = request;
        var what = $"{request.Drawn} images of {request.Shape}";
        var length = MemoryNeed.Length((double)request.Drawn * request.Shape.Elements, what, "sample fewer at a time, or take them batch by batch (Stream)");
        if (request.Drawn <= request.BatchSize)
        {
            all = [];
            return;
        }

        MemoryNeed.Require(sizeof(double) * (double)length, what, "sample fewer or smaller images, or take them batch by batch (Stream)");
        all = new double[length];
    }

    public SampledImages Images => only ?? new SampledImages(request.Shape, request.Drawn, all);

    /// <summary>Takes the next batch; one that is all there is stays as it is.</summary>
    public void Add(SampledImages batch)
    {
        if (batch.Count == request.Drawn)
        {
            only = batch;
            return;
        }

        batch.Values.CopyTo(all, done);
        done += batch.Values.Length;
    }
}
