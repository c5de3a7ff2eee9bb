using DiffusionSharp.Data;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Training;

/// <summary>
/// The mean squared error on a fixed grid of (image, t, noise), by noise band: the same numbers for the same weights
/// whenever it is asked and whatever the run's seed, so that two points of a run, or two runs, can be compared.
/// </summary>
internal sealed class Validation
{
    public const int Bands = 5;
    private const int Images = 64;
    private const int BatchSize = 32;
    private const ulong NoiseSeed = 0x5EED_0F_0A11DA7E;

    private readonly TrainingBatch grid;

    public Validation(IBatchSource source, IForwardProcess objective, PixelTransform transform, int? nullClass = null)
    {
        var images = (int)Math.Min(Images, source.ImagesPerEpoch);
        var elements = source.Shape.Elements;
        var pixels = new byte[images * elements];
        var labels = new int[images];
        for (var i = 0; i < images; i++)
        {
            // Spread over the set: its files may be sorted by class.
            var label = source.ReadStored(i * source.ImagesPerEpoch / images, pixels.AsSpan(i * elements, elements));
            labels[i] = label < 0 ? nullClass ?? label : label;
        }

        grid = new TrainingBatch(images * Bands, source.Shape);
        var (x0, epsilon) = (new float[elements], new float[elements]);
        for (var k = 0; k < grid.Count; k++)
        {
            var (band, image) = (k / images, k % images);
            transform.Apply(pixels.AsSpan(image * elements, elements), NoiseSeed, k, x0);
            CounterNoise.Gaussian(NoiseSeed, k, epsilon.AsSpan());
            grid.Timesteps[k] = objective.NoiseAt(
                (band + ((image + 0.5) / images)) / Bands, x0, epsilon, grid.Xt.AsSpan(k * elements, elements), grid.Target.AsSpan(k * elements, elements));
            grid.Labels[k] = labels[image];
        }
    }

    /// <summary>The error of each band, from the least noise to the most.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public double[] Run(IDenoiser denoiser, CancellationToken cancellationToken = default)
    {
        var elements = grid.Shape.Elements;
        var sums = new double[Bands];

        // Channels beyond the image's own are a variance.
        var returned = denoiser.OutputChannels * grid.Shape.Height * grid.Shape.Width;
        var prediction = new float[BatchSize * returned];
        for (var first = 0; first < grid.Count; first += BatchSize)
        {
            var n = Math.Min(BatchSize, grid.Count - first);
            var range = (first * elements)..((first + n) * elements);
            var input = new DenoiserInput
            {
                Count = n,
                Shape = grid.Shape,
                X = grid.Xt.AsSpan(range),
                Timesteps = grid.Timesteps.AsSpan(first, n),
                Labels = grid.Labels.AsSpan(first, n),
                CancellationToken = cancellationToken,
            };
            denoiser.Predict(input, prediction.AsSpan(0, n * returned));
            var target = grid.Target.AsSpan(range);
            for (var i = 0; i < target.Length; i++)
            {
                var d = (double)prediction[((i / elements) * returned) + (i % elements)] - target[i];
                sums[(first + (i / elements)) * Bands / grid.Count] += d * d;
            }
        }

        return [.. sums.Select(s => s / (grid.Count / Bands * (long)elements))];
    }
}
