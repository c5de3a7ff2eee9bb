using System.Runtime.CompilerServices;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>Carries out a <see cref="SamplingPlan"/> on as many images as are asked for, batch by batch.</summary>
public static class Sampler
{
    /// <summary>Samples images, holding no more than one batch of them.</summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="plan">The steps; its prediction type must be the network's.</param>
    /// <param name="request">How many images of what shape, from which noise.</param>
    /// <returns>
    /// Batch after batch, in the order of the request, each drawn when it is asked for; the arrays are the caller's. Enumerated once more, they are drawn
    /// once more.
    /// </returns>
    /// <exception cref="DiffusionException">The request contradicts itself or the plan, or, while it is enumerated, the network returned NaN or infinity.</exception>
    /// <exception cref="OperationCanceledException">The request's token was cancelled.</exception>
    public static IEnumerable<SampledImages> Stream(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(request);
        SamplerCheck.Check(denoiser, plan, request);
        return Draw();

        IEnumerable<SampledImages> Draw()
        {
            var batches = new BatchSampler(denoiser, plan, request);
            for (var first = 0; first < request.Drawn; first += request.BatchSize)
            {
                yield return batches.Draw(first, Math.Min(request.BatchSize, request.Drawn - first));
            }
        }
    }

    /// <summary>Samples images as <see cref="Stream"/> does, each batch on a thread of the pool.</summary>
    /// <inheritdoc cref="Stream"/>
    /// <param name="denoiser">The network.</param>
    /// <param name="plan">The steps; its prediction type must be the network's.</param>
    /// <param name="request">How many images of what shape, from which noise.</param>
    /// <param name="cancellationToken">Stops the run, as the request's own token does.</param>
    public static IAsyncEnumerable<SampledImages> StreamAsync(
        IDenoiser denoiser, SamplingPlan plan, SamplerRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        _ = Stream(denoiser, plan, request);
        return Draw(cancellationToken);

        async IAsyncEnumerable<SampledImages> Draw([EnumeratorCancellation] CancellationToken stop)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(request.CancellationToken, stop);
            using var batches = Stream(denoiser, plan, request with { CancellationToken = either.Token }).GetEnumerator();
            while (await Task.Run(batches.MoveNext, either.Token).ConfigureAwait(false))
            {
                yield return batches.Current;
            }
        }
    }

    /// <summary>Samples images into one array.</summary>
    /// <inheritdoc cref="Stream"/>
    /// <returns>All images, [N, C, H, W], in the order of the request.</returns>
    public static SampledImages Run(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        var batches = Stream(denoiser, plan, request);
        var what = $"{request.Drawn} images of {request.Shape}";
        var length = MemoryNeed.Length((double)request.Drawn * request.Shape.Elements, what, "sample fewer at a time, or take them batch by batch (Stream)");
        if (request.Drawn <= request.BatchSize)
        {
            return batches.Single();
        }

        MemoryNeed.Require(sizeof(double) * (double)length, what, "sample fewer or smaller images, or take them batch by batch (Stream)");
        var all = new double[length];
        var done = 0;
        foreach (var batch in batches)
        {
            batch.Values.CopyTo(all, done);
            done += batch.Values.Length;
        }

        return new SampledImages(request.Shape, request.Drawn, all);
    }

    /// <summary>In how many batches images are sampled, each of which takes every network call of the plan.</summary>
    /// <param name="images">Number of images.</param>
    /// <param name="batchSize">Images in one network call at most, at least 1.</param>
    public static int Batches(int images, int batchSize) => (images + batchSize - 1) / batchSize;
}
