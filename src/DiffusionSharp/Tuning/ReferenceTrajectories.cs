using System.Numerics;
using System.Runtime.InteropServices;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Tuning;

/// <summary>
/// What a long deterministic run says of every shorter one. On its way from x_i to x_{i+1} a DDIM step holds x0 and ε fixed
/// (Song et al. 2021, equation 12 with σ = 0), so that from x_i it would have reached any other level on the same line, a
/// combination of x_i and x_{i+1}. The error of each possible step, begun on the trajectory, therefore follows from the inner
/// products of the trajectory's states, without another network call.
/// </summary>
internal sealed class ReferenceTrajectories
{
    private readonly double[] alphaBars;
    private readonly NoiseSource noise;
    private readonly int images;
    private readonly int elements;
    private readonly double[][] x;
    private readonly double[,] products;
    private readonly (int From, int At)[] probes;
    private readonly double[][] probed;

    /// <summary>Prepares to follow a run.</summary>
    /// <param name="plan">The run: n steps with η = 0.</param>
    /// <param name="noise">The run's noise, whose x_T it starts from.</param>
    /// <param name="images">The first so many images of the run are followed.</param>
    /// <param name="elements">C·H·W.</param>
    /// <param name="probes">Steps whose results are kept; see <see cref="Probed"/>.</param>
    public ReferenceTrajectories(SamplingPlan plan, NoiseSource noise, int images, int elements, (int From, int At)[] probes)
    {
        alphaBars = [.. plan.Steps.Select(s => s.AlphaBarFrom), plan.FinalAlphaBar];
        (this.noise, this.images, this.elements, this.probes) = (noise, images, elements, probes);
        x = new double[alphaBars.Length][];
        products = new double[alphaBars.Length, alphaBars.Length];
        probed = [.. probes.Select(_ => new double[checked(2 * images * elements)])];
    }

    /// <summary>n, the index of the run's end.</summary>
    public int End => alphaBars.Length - 1;

    /// <summary>Takes in the state after a step of the run.</summary>
    public void Add(SampledStep after)
    {
        var p = after.Progress;
        var count = Math.Min(p.ImageCount, images - p.FirstImage);
        if (count <= 0)
        {
            return;
        }

        if (p.Step == 0)
        {
            Begin(p.FirstImage, count);
        }

        after.X[..x[0].Length].CopyTo(x[p.Step + 1]);
        if (p.Step + 1 == End)
        {
            Finish(p.FirstImage);
        }
    }

    /// <summary>Mean square, per element, of what a DDIM step from level i to level j misses when it begins on the trajectory.</summary>
    public double StepError(int i, int j)
    {
        if (j == i + 1)
        {
            return 0;
        }

        var (a, b) = Line(i, j);
        return Mean((a * a * products[i, i]) + (b * b * products[i + 1, i + 1]) + products[j, j]
            + (2 * ((a * b * products[i, i + 1]) - (a * products[i, j]) - (b * products[i + 1, j]))));
    }

    /// <summary>Mean square of what is missed when x_T is taken for the state at level j.</summary>
    public double StartError(int j) => Mean(products[0, 0] + products[j, j] - (2 * products[0, j]));

    /// <summary>Of a probe: the states on the trajectory at its level, then those its step reaches, [2·images, C, H, W].</summary>
    public double[] Probed(int probe) => probed[probe];

    // x_j = a·x_i + b·x_{i+1} with the x0 and ε that both share: √ᾱ and √(1-ᾱ) of level j are combined the same way.
    private (double A, double B) Line(int i, int j)
    {
        double signal = Math.Sqrt(alphaBars[i]), noise = Math.Sqrt(1 - alphaBars[i]);
        double nextSignal = Math.Sqrt(alphaBars[i + 1]), nextNoise = Math.Sqrt(1 - alphaBars[i + 1]);
        double toSignal = Math.Sqrt(alphaBars[j]), toNoise = Math.Sqrt(1 - alphaBars[j]);
        var determinant = (signal * nextNoise) - (nextSignal * noise);
        return (((toSignal * nextNoise) - (nextSignal * toNoise)) / determinant, ((signal * toNoise) - (toSignal * noise)) / determinant);
    }

    private double Mean(double sum) => Math.Max(0, sum) / ((double)images * elements);

    private void Begin(int firstImage, int count)
    {
        if (x[0]?.Length != count * elements)
        {
            for (var i = 0; i < x.Length; i++)
            {
                x[i] = new double[count * elements];
            }
        }

        for (var i = 0; i < count; i++)
        {
            noise.Fill(firstImage + i, NoiseSource.InitialStep, x[0].AsSpan(i * elements, elements));
        }
    }

    private void Finish(int firstImage)
    {
        Parallel.For(0, x.Length, i =>
        {
            for (var j = i; j < x.Length; j++)
            {
                products[i, j] += Dot(x[i], x[j]);
            }
        });
        for (var p = 0; p < probes.Length; p++)
        {
            var (from, at) = probes[p];
            var (a, b) = at == from + 1 ? (0, 1) : Line(from, at);
            x[at].CopyTo(probed[p], firstImage * elements);
            var reached = probed[p].AsSpan((images + firstImage) * elements, x[at].Length);
            for (var e = 0; e < reached.Length; e++)
            {
                reached[e] = (a * x[from][e]) + (b * x[from + 1][e]);
            }
        }
    }

    private static double Dot(double[] a, double[] b)
    {
        ReadOnlySpan<Vector<double>> va = MemoryMarshal.Cast<double, Vector<double>>(a), vb = MemoryMarshal.Cast<double, Vector<double>>(b);
        var lanes = Vector<double>.Zero;
        for (var i = 0; i < va.Length; i++)
        {
            lanes += va[i] * vb[i];
        }

        var sum = Vector.Sum(lanes);
        for (var i = va.Length * Vector<double>.Count; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
