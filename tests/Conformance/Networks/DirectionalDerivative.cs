using DiffusionSharp.Noise;
using TestKit.Networks;

namespace Conformance.Networks;

/// <summary>Whether the reference's gradients say how the loss changes along random directions, in float64.</summary>
internal sealed class DirectionalDerivative
{
    private const double Step = 3e-4;

    private readonly NetworkCase network;
    private readonly LossInputs inputs;
    private readonly Dictionary<string, double[]> point;

    public DirectionalDerivative(NetworkCase network, LossInputs inputs)
    {
        (this.network, this.inputs) = (network, inputs);
        point = network.Weights.ToDictionary(p => p.Key, p => Array.ConvertAll(p.Value.Data, v => (double)v));
        Gradients = new ReferenceGradients(network.Graph, p => point[p.Name]).Compute(inputs);

        // x is moved as the parameters are.
        point.Add(nameof(LossInputs.X), inputs.X);
    }

    public LossGradients Gradients { get; }

    /// <summary>Fails where a derivative is off by more than a part of what it usually is.</summary>
    public void AssertAgree(double allowed)
    {
        for (var direction = 0; direction < 2; direction++)
        {
            var difference = Difference([.. point.Keys], direction);
            if (!(difference <= allowed))
            {
                var worst = point.Keys.MaxBy(p => Difference([p], direction));
                Assert.Fail($"{difference:E2} off, {allowed:E2} allowed; along {worst} alone {Difference([worst!], direction):E2}\n{network}");
            }
        }
    }

    // Along a random unit vector of each, by five points (Abramowitz and Stegun, 25.3.6): an error of the fourth order.
    private double Difference(string[] moved, int direction)
    {
        var directions = moved.ToDictionary(p => p, p => Direction(p, direction));
        var expected = ((8 * (At(1) - At(-1))) - (At(2) - At(-2))) / (12 * Step);
        var (actual, usual) = (0.0, 0.0);
        foreach (var (name, d) in directions)
        {
            var gradient = name == nameof(LossInputs.X) ? Gradients.X : Gradients.Parameters[name];
            actual += gradient.Zip(d, (a, b) => a * b).Sum();
            usual += gradient.Sum(v => v * v) / gradient.Length;
        }

        // The second is above what rounding makes of a loss that does not change.
        return Math.Abs(actual - expected) / Math.Max(Math.Sqrt(usual), 1e-4 * Gradients.Loss);

        double At(int steps)
        {
            var weights = point.ToDictionary(p => p.Key, p => directions.TryGetValue(p.Key, out var d) ? [.. p.Value.Zip(d, (v, by) => v + (steps * Step * by))] : p.Value);
            return new ReferenceGradients(network.Graph, p => weights[p.Name]).Loss(inputs with { X = weights[nameof(LossInputs.X)] });
        }
    }

    private double[] Direction(string of, int direction)
    {
        var normal = new float[point[of].Length];
        CounterNoise.Gaussian((ulong)direction, point.Keys.ToList().IndexOf(of), normal.AsSpan());
        var length = Math.Sqrt(normal.Sum(v => (double)v * v));
        return Array.ConvertAll(normal, v => v / length);
    }
}
