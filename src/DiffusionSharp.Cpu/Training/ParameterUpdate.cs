using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Training;

/// <summary>
/// Clip, Adam (Kingma and Ba 2015, algorithm 1) or AdamW (Loshchilov and Hutter 2019, algorithm 2) and all averages in one pass over memory.
/// Each value is computed by itself, in float32 and in torch's order, so the bits depend on no thread count and no vector width.
/// </summary>
internal sealed unsafe class ParameterUpdate<T> : IParameterUpdate
    where T : unmanaged, ISimd<T>
{
    // What is updated between one look at the averages and the next: the weights stay in the first cache.
    private const int BlockFloats = 2048;
    private const int BlocksPerItem = 8;

    private readonly Team team;
    private readonly AdamSettings settings;
    private readonly SumOfSquares squares;
    private readonly Action<int, int> apply;
    private readonly double[] averageParts;
    private ParameterPointers pointers;
    private Factors factors;

    public ParameterUpdate(Team team, AdamSettings settings)
    {
        (this.team, this.settings) = (team, settings);
        squares = new SumOfSquares(team);
        averageParts = new double[settings.Averages];
        apply = Apply;
    }

    /// <summary>The L2 norm of a gradient; NaN or infinite where a value is.</summary>
    public double Norm(float* gradient, long length) => Math.Sqrt(squares.Compute(gradient, length));

    /// <summary>Does the update, whose gradient must be finite.</summary>
    /// <param name="parameters">What is updated.</param>
    /// <param name="norm">The gradient's norm.</param>
    /// <param name="updates">Updates done before.</param>
    /// <param name="learningRate">This update's learning rate.</param>
    public void Run(in ParameterPointers parameters, double norm, long updates, double learningRate)
    {
        Debug.Assert(parameters.Length % 16 == 0 && parameters.Averages.Length == averageParts.Length, "not the memory of these settings");
        pointers = parameters;
        factors = new Factors(settings, norm, updates + 1, learningRate);
        for (var k = 0; k < averageParts.Length; k++)
        {
            averageParts[k] = 1 - settings.Decay(k, updates);
        }

        const int ItemFloats = BlockFloats * BlocksPerItem;
        team.For((int)((parameters.Length + ItemFloats - 1) / ItemFloats), apply);
    }

    private void Apply(int worker, int item)
    {
        for (var block = (long)item * BlocksPerItem; block < (item + 1L) * BlocksPerItem && block * BlockFloats < pointers.Length; block++)
        {
            var first = block * BlockFloats;
            var count = (int)Math.Min(BlockFloats, pointers.Length - first);
            var weights = pointers.Weights + first;
            Adam(factors, weights, pointers.Gradient + first, pointers.FirstMoments + first, pointers.SecondMoments + first, count);
            for (var k = 0; k < averageParts.Length; k++)
            {
                Average(pointers.Averages[k] + first, weights, averageParts[k], count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Adam(in Factors f, float* weights, float* gradient, float* first, float* second, int count)
    {
        var (clip, decay, lost, beta2, new2) = (T.Broadcast(f.Clip), T.Broadcast(f.Decay), T.Broadcast(f.Lost), T.Broadcast(f.Beta2), T.Broadcast(f.New2));
        var (root, epsilon, step, new1) = (T.Broadcast(f.Root), T.Broadcast(f.Epsilon), T.Broadcast(f.Step), new Lerp(f.New1));
        for (var i = 0; i < count; i += T.Width)
        {
            var w = T.Load(weights + i);
            var g = T.Fma(w, decay, T.Multiply(T.Load(gradient + i), clip));
            w = T.Fma(w, lost, w);
            var m = new1.Apply(T.Load(first + i), g);
            var v = T.Fma(T.Multiply(new2, g), g, T.Multiply(T.Load(second + i), beta2));
            T.Store(m, first + i);
            T.Store(v, second + i);
            var denominator = T.Add(T.Divide(T.Sqrt(v), root), epsilon);
            T.Store(T.Add(w, T.Divide(T.Multiply(step, m), denominator)), weights + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Average(float* average, float* weights, double part, int count)
    {
        var lerp = new Lerp(part);
        for (var i = 0; i < count; i += T.Width)
        {
            T.Store(lerp.Apply(T.Load(average + i), T.Load(weights + i)), average + i);
        }
    }

    /// <summary>a + part·(b - a), counted from the nearer end as torch's <c>lerp</c> does.</summary>
    private readonly struct Lerp
    {
        private readonly bool fromA;
        private readonly T factor;

        public Lerp(double part)
        {
            fromA = part < 0.5;
            factor = T.Broadcast(fromA ? (float)part : (float)part - 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply(T a, T b) => T.Fma(factor, T.Subtract(b, a), fromA ? a : b);
    }

    /// <summary>An update's numbers, computed in float64 and rounded.</summary>
    private readonly struct Factors(AdamSettings s, double norm, long step, double learningRate)
    {
        public readonly float Clip = (float)s.ClipFactor(norm);
        public readonly float Decay = s.Decoupled ? 0 : (float)s.WeightDecay;

        // Not 1 less this, whose rounding would be a part of it, and the same one in every update.
        public readonly float Lost = s.Decoupled ? (float)(-learningRate * s.WeightDecay) : 0;
        public readonly double New1 = 1 - s.Beta1;
        public readonly float Beta2 = (float)s.Beta2;
        public readonly float New2 = (float)(1 - s.Beta2);
        public readonly float Root = (float)Math.Sqrt(1 - Math.Pow(s.Beta2, step));
        public readonly float Step = (float)(-learningRate / (1 - Math.Pow(s.Beta1, step)));

        // Not zero, so that what is zero without a gradient stays zero.
        public readonly float Epsilon = Math.Max((float)s.Epsilon, float.Epsilon);
    }
}
