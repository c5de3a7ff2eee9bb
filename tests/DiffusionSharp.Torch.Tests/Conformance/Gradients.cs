using TestKit.Networks;

namespace Conformance.Training;

/// <summary>What an engine computes of a batch.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Parameters">The gradients by the parameters' names.</param>
internal sealed record Gradients(double Loss, IReadOnlyDictionary<string, float[]> Parameters)
{
    private const double Float32 = 5e-5;

    /// <summary>Fails where a gradient is off by more than rounding makes of the parameter's largest.</summary>
    public static void AssertAgree(TrainingCase training, Gradients actual)
    {
        var expected = training.Reference();
        Assert.Equal(1, actual.Loss / expected.Loss, 1e-5);
        Assert.Equal(expected.Parameters.Keys.Order(), actual.Parameters.Keys.Order());

        // A true gradient of zero, as of a bias before a norm, is what is left of values as large as others.
        var largestOfAll = expected.Parameters.Values.Max(g => g.Max(Math.Abs));
        foreach (var (name, gradient) in expected.Parameters)
        {
            var found = actual.Parameters[name];
            Assert.Equal(gradient.Length, found.Length);
            var allowed = Float32 * Math.Max(gradient.Max(Math.Abs), 0.03 * largestOfAll);
            for (var i = 0; i < found.Length; i++)
            {
                var difference = Math.Abs(found[i] - gradient[i]);
                if (!(difference <= allowed))
                {
                    Assert.Fail($"{name}[{i}]: {found[i]:G6}, not {gradient[i]:G6}; {difference / allowed:F1} of what is allowed\n{training}");
                }
            }
        }
    }
}
