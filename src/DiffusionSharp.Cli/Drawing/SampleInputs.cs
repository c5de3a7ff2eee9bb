using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Arrays that take the place of the seeds' noise: x_T, and the noise of every step.</summary>
internal sealed class SampleInputs
{
    private readonly double[]? init;
    private readonly HostTensor? noise;

    private SampleInputs(double[]? init, HostTensor? noise, int? count) => (this.init, this.noise, Count) = (init, noise, count);

    /// <summary>How many images the arrays hold; null without arrays.</summary>
    public int? Count { get; }

    /// <summary>No arrays: all noise comes from the seeds.</summary>
    public static SampleInputs None { get; } = new(null, null, null);

    /// <summary>These x_T, which are in no file.</summary>
    /// <param name="init">[N, C, H, W].</param>
    /// <param name="count">N.</param>
    public static SampleInputs Of(double[] init, int count) => new(init, null, count);

    /// <summary>Reads and checks the files.</summary>
    /// <param name="init">[N, C, H, W], or null.</param>
    /// <param name="noise">[steps, N, C, H, W], or null.</param>
    /// <param name="shape">The model's images.</param>
    /// <exception cref="DiffusionException">A file cannot be read, or its shape does not fit.</exception>
    public static SampleInputs Read(string? init, string? noise, ImageShape shape)
    {
        int[] image = [shape.Channels, shape.Height, shape.Width];
        int? count = null;
        double[]? x = null;
        if (init is not null)
        {
            var array = ArrayFile.Read(init);
            var dimensions = array.Shape;
            var fits = dimensions.Count == 4 && dimensions.Skip(1).SequenceEqual(image) && dimensions[0] > 0;
            Require(fits, "--init", init, dimensions, $"[N, {string.Join(", ", image)}]");
            (x, count) = (array.To<double>(), dimensions[0]);
        }

        HostTensor? z = null;
        if (noise is not null)
        {
            if (x is null)
            {
                throw new DiffusionException(
                    ErrorKind.Usage,
                    "--noise replays the noise of the steps, not the start: give x_T with --init too");
            }

            z = ArrayFile.Read(noise).ToTensor();
            var fits = z.Shape.Count == 5 && z.Shape[1] == count && z.Shape.Skip(2).SequenceEqual(image);
            Require(fits, "--noise", noise, z.Shape, $"[steps, {count}, {string.Join(", ", image)}]");
        }

        return new SampleInputs(x, z, count);
    }

    /// <summary>x_T of some of the images, or null when it comes from their seeds.</summary>
    public double[]? Init(int[] which) => init is null ? null : [.. Pick(init, 1, which)];

    /// <summary>The recorded noise of some of the images, or null when it comes from their seeds.</summary>
    public NoiseSource? Noise(int[] which, ImageShape shape) =>
        noise is null ? null : NoiseSource.Recorded([.. Pick(noise.Data, noise.Shape[0], which)], noise.Shape[0], which.Length, shape);

    /// <summary>Some images of an array [steps, N, …].</summary>
    private IEnumerable<T> Pick<T>(T[] values, int steps, int[] which)
    {
        var elements = values.Length / (steps * Count!.Value);
        return Enumerable.Range(0, steps).SelectMany(k => which.SelectMany(i =>
            new ArraySegment<T>(values, ((k * Count.Value) + i) * elements, elements)));
    }

    private static void Require(bool fits, string option, string path, IReadOnlyList<int> found, string expected)
    {
        if (!fits)
        {
            throw new DiffusionException(
                ErrorKind.Data,
                $"{option} {path} has the shape [{string.Join(", ", found)}]; the model needs {expected}");
        }
    }
}
