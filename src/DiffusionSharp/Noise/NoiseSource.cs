namespace DiffusionSharp.Noise;

/// <summary>
/// The Gaussian noise of a sampler run: from one seed per image, where it is a pure function of (seed, step), or from a recording.
/// </summary>
public sealed class NoiseSource
{
    /// <summary>The step number under which the start image x_T is drawn.</summary>
    public const int InitialStep = -1;

    /// <summary>The step number under which plan step k draws the noise of an inpainting's known image.</summary>
    /// <param name="step">Plan step k.</param>
    public static int KnownStep(int step) => -2 - step;

    private readonly ulong[]? seeds;
    private readonly float[]? recording;
    private readonly int elements;

    private NoiseSource(ulong[] seeds) => (this.seeds, Count) = (seeds, seeds.Length);

    private NoiseSource(float[] recording, int steps, int count, ImageShape shape) =>
        (this.recording, RecordedSteps, Count, elements) = (recording, steps, count, shape.Elements);

    /// <summary>For how many images there is noise.</summary>
    public int Count { get; }

    /// <summary>How many steps were recorded; null when the noise comes from seeds and never ends.</summary>
    public int? RecordedSteps { get; }

    /// <summary>Image i takes its x_T from stream -1 of seed i, and the noise of plan step k from stream k.</summary>
    /// <param name="seeds">One per image.</param>
    public static NoiseSource FromSeeds(IReadOnlyList<ulong> seeds)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        return new([.. seeds]);
    }

    /// <summary>Replays noise made elsewhere; x_T must then be given to the sampler.</summary>
    /// <param name="noises">[steps, N, C, H, W] in C order; entry k belongs to plan step k.</param>
    /// <param name="steps">Number of recorded steps.</param>
    /// <param name="count">Number of images N.</param>
    /// <param name="shape">Shape of each image.</param>
    /// <exception cref="DiffusionException">The array does not hold steps·N·C·H·W values.</exception>
    public static NoiseSource Recorded(float[] noises, int steps, int count, ImageShape shape)
    {
        ArgumentNullException.ThrowIfNull(noises);
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return (long)steps * count * shape.Elements == noises.LongLength
            ? new(noises, steps, count, shape)
            : throw new DiffusionException(
                ErrorKind.Data,
                $"recorded noise: found {noises.LongLength} values, expected [steps, N, C, H, W] = [{steps}, {count}, {shape}]: "
                + $"{(long)steps * count * shape.Elements}");
    }

    /// <summary>True when there is noise for a step.</summary>
    /// <param name="step">Plan step, <see cref="InitialStep"/> for x_T, or a <see cref="KnownStep"/>.</param>
    public bool Covers(int step) => recording is null || (step >= 0 && step < RecordedSteps);

    /// <summary>The standard normal noise of one image at one step.</summary>
    /// <param name="image">0..Count-1.</param>
    /// <param name="step">Plan step, <see cref="InitialStep"/> for x_T, or a <see cref="KnownStep"/>.</param>
    /// <param name="destination">Receives C·H·W values.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no noise for this image or step.</exception>
    public void Fill(int image, int step, Span<double> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        if (seeds is not null)
        {
            CounterNoise.Gaussian(seeds[image], step, destination);
            return;
        }

        if (!Covers(step))
        {
            throw new ArgumentOutOfRangeException(nameof(step), step, $"{RecordedSteps} steps were recorded");
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, elements);
        var source = recording.AsSpan(((step * Count) + image) * elements, elements);
        for (var i = 0; i < elements; i++)
        {
            destination[i] = source[i];
        }
    }
}
