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
    /// <param name="progress">Told after each step that called the network.</param>
    /// <param name="cancellationToken">Stops before the next network call, or inside it where the engine can.</param>
    /// <returns>
    /// Batch after batch, in the order of the request, each drawn when it is asked for; the arrays are the caller's. Enumerated once more, they are drawn
    /// once more.
    /// </returns>
    /// <exception cref="DiffusionException">The request contradicts itself or the plan, or, while it is enumerated, the network returned NaN or infinity.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<SampledImages> Stream(
        IDenoiser denoiser, SamplingPlan plan, SamplerRequest request, IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Check(denoiser, plan, request);
        return Draw(denoiser, plan, request, progress, cancellationToken);
    }

    /// <summary>Samples images as <see cref="Stream"/> does, each batch on a thread of the pool.</summary>
    /// <inheritdoc cref="Stream"/>
    public static IAsyncEnumerable<SampledImages> StreamAsync(
        IDenoiser denoiser, SamplingPlan plan, SamplerRequest request, IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default) =>
        StreamAsync(new Turns(), denoiser, plan, request, progress, cancellationToken);

    /// <summary>Samples images into one array.</summary>
    /// <inheritdoc cref="Stream"/>
    /// <returns>All images, [N, C, H, W], in the order of the request.</returns>
    public static SampledImages Run(
        IDenoiser denoiser, SamplingPlan plan, SamplerRequest request, IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var batches = Stream(denoiser, plan, request, progress, cancellationToken);
        var all = new ImageCollector(request);
        foreach (var batch in batches)
        {
            all.Add(batch);
        }

        return all.Images;
    }

    /// <summary>In how many batches images are sampled, each of which takes every network call of the plan.</summary>
    /// <param name="images">Number of images.</param>
    /// <param name="batchSize">Images in one network call at most, at least 1.</param>
    public static int Batches(int images, int batchSize) => (images + batchSize - 1) / batchSize;

    /// <summary>The same, of several runs that take turns batch by batch.</summary>
    internal static IAsyncEnumerable<SampledImages> StreamAsync(
        Turns turns, IDenoiser denoiser, SamplingPlan plan, SamplerRequest request, IProgress<SamplerProgress>? progress, CancellationToken cancellationToken)
    {
        Check(denoiser, plan, request);
        return Batches(cancellationToken);

        async IAsyncEnumerable<SampledImages> Batches([EnumeratorCancellation] CancellationToken stop)
        {
            using var batches = Draw(denoiser, plan, request, progress, stop).GetEnumerator();
            while (await turns.Take(batches.MoveNext, stop).ConfigureAwait(false))
            {
                yield return batches.Current;
            }
        }
    }

    /// <summary>All images of a stream.</summary>
    internal static async Task<SampledImages> CollectAsync(SamplerRequest request, IAsyncEnumerable<SampledImages> batches)
    {
        var all = new ImageCollector(request);
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            all.Add(batch);
        }

        return all.Images;
    }

    private static void Check(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(request);
        SamplerCheck.Check(denoiser, plan, request);
    }

    private static IEnumerable<SampledImages> Draw(
        IDenoiser denoiser, SamplingPlan plan, SamplerRequest request, IProgress<SamplerProgress>? progress, CancellationToken cancellationToken)
    {
        var batches = new BatchSampler(denoiser, plan, request, progress, cancellationToken);
        for (var first = 0; first < request.Drawn; first += request.BatchSize)
        {
            yield return batches.Draw(first, Math.Min(request.BatchSize, request.Drawn - first));
        }
    }
}
