using DiffusionSharp.Data;
using DiffusionSharp.Noise;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Training.Objectives;

/// <summary>
/// Makes the batch of any update. Images, flips, dequantisation, ε and dropped labels are pure functions of (seed, position), t is one of (seed,
/// step) and of the distribution it is drawn from, so a resumed run sees exactly what an uninterrupted one would have seen.
/// </summary>
internal sealed class BatchMaker
{
    // Keeps the streams of t and ε apart from each other and from the weights' and samples' of the same seed.
    private const ulong TimestepSalt = 0x7F4A7C15_9E3779B9;
    private const ulong NoiseSalt = 0xC2B2AE3D_27D4EB4F;

    private readonly IBatchSource source;
    private readonly DiffusionObjective? objective;
    private readonly EdmObjective? edm;
    private readonly TimestepSampling sampling;
    private readonly ulong seed;
    private readonly int batchSize;
    private readonly LabelDropout? labelDropping;
    private readonly PixelTransform transform;
    private readonly byte[] pixels;
    private readonly float[] x0;
    private readonly float[] epsilon;

    /// <summary>Creates the maker.</summary>
    /// <param name="source">The images.</param>
    /// <param name="objective">What is taught.</param>
    /// <param name="sampling">How t is drawn.</param>
    /// <param name="batchSize">Images per update.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="labelDropping">Which labels are dropped; null drops none.</param>
    /// <param name="transform">How levels become x0; null takes <see cref="PixelTransform.None"/>.</param>
    public BatchMaker(
        IBatchSource source, DiffusionObjective objective, TimestepSampling sampling, int batchSize, ulong seed, LabelDropout? labelDropping = null, PixelTransform? transform = null)
        : this(source, batchSize, seed, labelDropping, transform)
    {
        ArgumentNullException.ThrowIfNull(objective);
        (this.objective, this.sampling) = (objective, sampling);
    }

    /// <summary>Creates a maker for EDM's objective, whose σ is a pure function of (seed, step).</summary>
    /// <param name="source">The images.</param>
    /// <param name="objective">What is taught.</param>
    /// <param name="batchSize">Images per update.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="labelDropping">Which labels are dropped; null drops none.</param>
    /// <param name="transform">How levels become x0; null takes <see cref="PixelTransform.None"/>.</param>
    public BatchMaker(IBatchSource source, EdmObjective objective, int batchSize, ulong seed, LabelDropout? labelDropping = null, PixelTransform? transform = null)
        : this(source, batchSize, seed, labelDropping, transform)
    {
        ArgumentNullException.ThrowIfNull(objective);
        edm = objective;
    }

    private BatchMaker(IBatchSource source, int batchSize, ulong seed, LabelDropout? labelDropping, PixelTransform? transform)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        (this.source, this.batchSize, this.seed) = (source, batchSize, seed);
        this.labelDropping = labelDropping;
        this.transform = transform ?? PixelTransform.None;
        pixels = new byte[MemoryNeed.Length((double)batchSize * source.Shape.Elements, $"a batch of {batchSize} images of {source.Shape}", "choose a smaller batch", ErrorKind.Configuration)];
        (x0, epsilon) = (new float[source.Shape.Elements], new float[source.Shape.Elements]);
    }

    /// <summary>What transforms the images; null leaves them as they are.</summary>
    internal Augmentation? Augmentation { get; init; }

    /// <summary>Makes the batch of an update.</summary>
    /// <param name="step">The update, from 0; decides t.</param>
    /// <param name="position">Images seen before it, step · batch size unless the batch size was changed; decides images, flips, ε and dropped labels.</param>
    public TrainingBatch Make(long step, long position)
    {
        var batch = new TrainingBatch(batchSize, source.Shape);
        Make(step, position, batch);
        return batch;
    }

    /// <summary>Makes the batch of an update in memory that is there. One call at a time.</summary>
    /// <param name="step">The update, from 0; decides t.</param>
    /// <param name="position">Images seen before it.</param>
    /// <param name="batch">Receives it.</param>
    public void Make(long step, long position, TrainingBatch batch) => Make(step, position, batch, table: null);

    /// <summary>The same, with t drawn from a distribution; null is uniform.</summary>
    internal void Make(long step, long position, TrainingBatch batch, TimestepTable? table)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var elements = source.Shape.Elements;
        source.Read(position, pixels, batch.Labels);
        labelDropping?.Apply(seed, position, batch.Labels);
        if (edm is null)
        {
            DrawTimesteps(step, batch.Timesteps, table);
        }
        else
        {
            CounterNoise.Gaussian(seed ^ TimestepSalt, step, batch.Timesteps);
        }

        for (var i = 0; i < batchSize; i++)
        {
            var range = (i * elements)..((i + 1) * elements);
            transform.Apply(pixels.AsSpan(range), seed, position + i, x0);
            Augmentation?.Apply(position + i, x0, batch.Augmentation.AsSpan(i * Augmentation.Labels, Augmentation.Labels));
            CounterNoise.Gaussian(seed ^ NoiseSalt, position + i, epsilon.AsSpan());
            Noise(i, batch, batch.Xt.AsSpan(range), batch.Target.AsSpan(range), table);
        }
    }

    private void Noise(int i, TrainingBatch batch, Span<float> x, Span<float> target, TimestepTable? table)
    {
        if (edm is not null)
        {
            batch.Timesteps[i] = edm.Noise(edm.Sigma(batch.Timesteps[i]), x0, epsilon, x, target);
            (batch.LossWeights[i], batch.ImportanceWeights[i], batch.Terms[i]) = (1, 1, default);
            return;
        }

        var t = (int)batch.Timesteps[i];
        objective!.Noise(t, x0, epsilon, x, target);
        batch.ImportanceWeights[i] = (float)(table?.ImportanceWeight(t) ?? 1);
        batch.LossWeights[i] = (float)(objective.LossWeight(t) * batch.ImportanceWeights[i]);
        var term = objective.Term(t);
        batch.Terms[i] = term with { LossWeight = term.LossWeight * batch.ImportanceWeights[i] };
    }

    private void DrawTimesteps(long step, Span<double> timesteps, TimestepTable? table)
    {
        CounterNoise.Uniform(seed ^ TimestepSalt, step, timesteps);
        var drawn = sampling == TimestepSampling.Antithetic ? Math.Min(timesteps.Length, (timesteps.Length / 2) + 1) : timesteps.Length;
        for (var i = 0; i < timesteps.Length; i++)
        {
            timesteps[i] = i >= drawn ? objective!.T - 1 - timesteps[i - drawn]
                : table?.Draw(timesteps[i]) ?? Math.Floor(timesteps[i] * objective!.T);
        }
    }
}
