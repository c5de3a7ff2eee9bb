using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Noise;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Training;

public unsafe class ParameterUpdateTests
{
    private const int Updates = 50;
    private const double LearningRate = 1e-3;

    public static MatrixTheoryData<bool, double, double, bool> Settings => new([false, true], [0, 0.05], [0, 1], [false, true]);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Fifty_updates_are_those_in_float64(bool decoupled, double decay, double maxNorm, bool warmUp)
    {
        double[] decays = [0.9999, 0.95, 0, 0.3], exponents = [2, 17];
        var averages = decays.Length + exponents.Length;
        var settings = new AdamSettings { Decoupled = decoupled, WeightDecay = decay, MaxNorm = maxNorm, Decays = [.. decays], WarmUp = warmUp, Exponents = [.. exponents] };
        using var memory = new TrainingMemory(count: 10_003, averages);
        var exact = new ExactUpdate([.. memory.Weights.ToArray().Select(v => (double)v)], averages);
        using var team = new Team(2);
        var update = new ParameterUpdate<Simd256>(team, settings);
        for (var n = 0; n < Updates; n++)
        {
            Draw(memory.Gradient, n);
            update.Run(memory.Pointers, update.Norm(memory.Pointers.Gradient, memory.Length), n, LearningRate);
            exact.Run(
                memory.Gradient.ToArray(), n + 1, LearningRate, 0.9, 0.999, 1e-8, decay, decoupled, maxNorm, Kept);

            double Kept(int k) => k >= decays.Length ? Math.Pow(1 - (1.0 / (n + 1)), exponents[k - decays.Length] + 1)
                : warmUp ? Math.Min(decays[k], (1.0 + n) / (10.0 + n))
                : decays[k];
        }

        // Where a weight only decays, and by nearly the same each time, each update's rounding may have the same sign.
        var allowed = decoupled && decay > 0 ? Updates * Math.ScaleB(1, -25) : 1e-6;
        AssertNear(exact.Weights, memory.Weights, allowed);
        AssertNear(exact.FirstMoments, memory.FirstMoments);
        AssertNear(exact.SecondMoments, memory.SecondMoments);
        for (var k = 0; k < averages; k++)
        {
            AssertNear(exact.Averages[k], memory.Average(k), allowed);
        }

        Assert.All(memory.Padding(), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(0, 0, 1e-8)]
    [InlineData(0.3, 0.99, 1e-3)]
    [InlineData(0.5, 0.5, 1e-60)]
    public void Other_betas_and_epsilons(double beta1, double beta2, double epsilon)
    {
        using var memory = new TrainingMemory(count: 500, averages: 0);
        var exact = new ExactUpdate([.. memory.Weights.ToArray().Select(v => (double)v)], 0);
        using var team = new Team(1);
        var update = new ParameterUpdate<Simd128>(team, new AdamSettings { Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon });
        for (var n = 0; n < 5; n++)
        {
            Draw(memory.Gradient, n);
            update.Run(memory.Pointers, norm: 1, n, LearningRate);
            exact.Run(memory.Gradient.ToArray(), n + 1, LearningRate, beta1, beta2, epsilon, 0, false, 0, _ => 0);
        }

        AssertNear(exact.Weights, memory.Weights);
        Assert.All(memory.Padding(), v => Assert.Equal(0, v));
    }

    [Fact]
    public void The_bits_do_not_depend_on_vectors_and_threads()
    {
        var all = (from threads in (int[])[1, 2, 3] from run in (Func<int, float[]>[])[Run<Simd128>, Run<Simd256>, Run<Simd512>] select run(threads)).ToList();
        Assert.All(all, one => Assert.True(Bits.AreEqual(one, all[0])));

        static float[] Run<T>(int threads)
            where T : unmanaged, ISimd<T>
        {
            using var memory = new TrainingMemory(count: 100_100, averages: 2);
            using var team = new Team(threads);
            var update = new ParameterUpdate<T>(team, new AdamSettings { WeightDecay = 0.1, MaxNorm = 2, Decays = [0.9, 0.3] });
            for (var n = 0; n < 3; n++)
            {
                Draw(memory.Gradient, n);
                update.Run(memory.Pointers, update.Norm(memory.Pointers.Gradient, memory.Length), n, LearningRate);
            }

            return memory.All();
        }
    }

    [Fact]
    public void An_update_allocates_nothing()
    {
        using var memory = new TrainingMemory(count: 40_000, averages: 2);
        using var team = new Team(1);
        var update = new ParameterUpdate<Simd256>(team, new AdamSettings { MaxNorm = 1, Decays = [0.9, 0.3] });
        var pointers = memory.Pointers;
        Draw(memory.Gradient, 0);
        update.Run(pointers, update.Norm(pointers.Gradient, memory.Length), 0, LearningRate);
        var before = GC.GetAllocatedBytesForCurrentThread();
        update.Run(pointers, update.Norm(pointers.Gradient, memory.Length), 1, LearningRate);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    // Of very different sizes, some of them zero.
    private static void Draw(Span<float> gradient, int n)
    {
        CounterNoise.Gaussian(2, n, gradient);
        for (var i = 0; i < gradient.Length; i++)
        {
            gradient[i] *= i % 7 == 0 ? 0 : MathF.Pow(10, (i % 5) - 4);
        }
    }

    private static void AssertNear(double[] expected, Span<float> actual, double allowed = 1e-6)
    {
        var (largest, scale) = (0.0, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]));
            largest = Math.Max(largest, Math.Abs(expected[i] - actual[i]) / scale);
        }

        Assert.InRange(largest, 0, allowed);
    }
}
