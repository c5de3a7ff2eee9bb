using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Attention;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

public class AttentionGradientTests
{
    // Heads, channels of one, pixels, learned keys.
    [Theory]
    [InlineData(1, 1, 1, 1, 0)]
    [InlineData(1, 7, 1, 1, 1)]
    [InlineData(3, 5, 1, 3, 2)]
    [InlineData(2, 4, 3, 4, 0)]
    [InlineData(1, 17, 2, 3, 5)]
    public void Central_differences(int heads, int headWidth, int height, int width, int learned) =>
        Check(new Stage(new Random(headWidth), images: 2), heads, headWidth, height, width, learned, 1, 2e-6, Differences);

    [Theory]
    [InlineData(1, 1, 1, 1, 0)]
    [InlineData(1, 7, 1, 1, 1)]
    [InlineData(3, 5, 1, 3, 2)]
    [InlineData(2, 4, 3, 4, 0)]
    [InlineData(1, 17, 2, 3, 5)]
    public void Central_differences_of_linear_attention(int heads, int headWidth, int height, int width, int learned) =>
        Check(new Stage(new Random(headWidth), images: 2), heads, headWidth, height, width, learned, 1, 2e-6, Differences, linear: true);

    [Theory]
    [InlineData(2, 5, 4, 4, 0)]
    [InlineData(1, 33, 5, 5, 7)]
    [InlineData(4, 8, 7, 7, 0)]
    [InlineData(3, 31, 6, 8, 40)]
    [InlineData(1, 48, 9, 11, 0)]
    [InlineData(2, 64, 13, 15, 4)]
    [InlineData(1, 96, 16, 16, 0)]
    public void Any_heads_width_and_pixels(int heads, int headWidth, int height, int width, int learned) =>
        Check(new Stage(new Random(headWidth), images: 2), heads, headWidth, height, width, learned, 1, 2e-6, Attention);

    [Theory]
    [InlineData(2, 5, 4, 4, 0)]
    [InlineData(1, 33, 5, 5, 7)]
    [InlineData(4, 8, 7, 7, 0)]
    [InlineData(3, 31, 6, 8, 40)]
    [InlineData(1, 48, 9, 11, 0)]
    [InlineData(4, 32, 16, 16, 4)]
    [InlineData(2, 64, 13, 25, 4)]
    public void Any_heads_width_and_pixels_of_linear_attention(int heads, int headWidth, int height, int width, int learned) =>
        Check(new Stage(new Random(headWidth), images: 2), heads, headWidth, height, width, learned, 1, 2e-6, LinearAttention, linear: true);

    // Exponentials of hundreds: a score's error is a part of the score, and the exponential's the score's error.
    [Fact]
    public void Scores_may_be_large() => Check(new Stage(new Random(1)), 2, 12, 5, 7, 3, deviation: 12, 3e-4, Attention);

    [Fact]
    public void Keys_of_linear_attention_may_be_large() => Check(new Stage(new Random(1)), 2, 12, 5, 7, 3, deviation: 40, 3e-5, LinearAttention, linear: true);

    private static void Check(Stage stage, int heads, int headWidth, int height, int width, int learned, double deviation, double tolerance, Reference reference, bool linear = false)
    {
        var (channels, pixels) = (heads * headWidth, height * width);
        Value Draw(double d) => stage.Draw([channels], height, width, deviation: d);
        var (q, k, v, gradient) = (Draw(deviation), Draw(deviation), Draw(1), Draw(1));
        var memory = stage.Normals(2 * channels * learned, deviation: deviation);
        View New() => stage.New([channels], height, width);
        var (dq, dk, dv) = (New(), New(), New());
        var dm = learned == 0 ? null : stage.New([channels], 2 * learned, 1);
        var kernel = new Kernel([q.View, k.View, v.View], gradient.Segment, [dq, dk, dv], dm, heads, memory, linear);
        var actual = stage.Run(kernel, dm is null ? [dq, dk, dv] : [dq, dk, dv, dm]);
        for (var image = 0; image < q.Count; image++)
        {
            var expected = reference(new(channels, pixels, heads, linear), q.Image(image), k.Image(image), v.Image(image), Array.ConvertAll(memory, m => (double)m), gradient.Image(image));
            Close.To(expected[0], actual[0], image, tolerance, "dq");
            Close.To(expected[1], actual[1], image, tolerance, "dk");
            Close.To(expected[2], actual[2], image, tolerance, "dv");
            if (dm is not null)
            {
                Close.To(Rows(expected[3], heads, learned, headWidth, linear), actual[3], image, tolerance, "memory");
            }
        }
    }

    // From [2, heads, M, width], or [2, heads, width, M], to [channels, 2·M].
    private static double[] Rows(double[] memory, int heads, int count, int width, bool channelsFirst)
    {
        var result = new double[memory.Length];
        for (var i = 0; i < memory.Length; i++)
        {
            var (row, last) = Math.DivRem(i, channelsFirst ? count : width);
            var (part, middle) = Math.DivRem(row, channelsFirst ? width : count);
            var (key, channel) = channelsFirst ? (last, middle) : (middle, last);
            var (which, head) = Math.DivRem(part, heads);
            result[(((head * width) + channel) * 2 * count) + (which * count) + key] = memory[i];
        }

        return result;
    }

    private static double[][] Differences(Shape shape, double[] q, double[] k, double[] v, double[] memory, double[] gradient)
    {
        double[] Apply(double[] a, double[] b, double[] c, double[] m) => shape.Linear
            ? ReferenceLinearAttention.Apply(a, b, c, shape.Channels, shape.Pixels, shape.Heads, m)
            : ReferenceNetwork.Attention(a, b, c, shape.Channels, shape.Pixels, shape.Heads, m);
        return
        [
            Derivative.Compute(x => Apply(x, k, v, memory), q, gradient),
            Derivative.Compute(x => Apply(q, x, v, memory), k, gradient),
            Derivative.Compute(x => Apply(q, k, x, memory), v, gradient),
            Derivative.Compute(x => Apply(q, k, v, x), memory, gradient),
        ];
    }

    // The derivative by hand, the definition head by head: d softmax = P∘(dP - Σ dP∘P).
    private static double[][] Attention(Shape shape, double[] q, double[] k, double[] v, double[] memory, double[] gradient)
    {
        var (all, width) = (new Keys(shape, k, v, memory, channelsFirst: false), shape.Channels / shape.Heads);
        var dq = new double[q.Length];
        for (var at = 0; at < shape.Heads * shape.Pixels; at++)
        {
            var (head, query) = (at / shape.Pixels, at % shape.Pixels);
            int Place(int c) => (((head * width) + c) * shape.Pixels) + query;
            var p = new double[all.Count];
            var dp = new double[all.Count];
            for (var key = 0; key < all.Count; key++)
            {
                for (var c = 0; c < width; c++)
                {
                    p[key] += q[Place(c)] * all.Key(head, key, c) / Math.Sqrt(width);
                    dp[key] += gradient[Place(c)] * all.Value(head, key, c);
                }
            }

            Softmax(p);
            var mean = p.Zip(dp, (a, b) => a * b).Sum();
            for (var key = 0; key < all.Count; key++)
            {
                var ds = p[key] * (dp[key] - mean) / Math.Sqrt(width);
                for (var c = 0; c < width; c++)
                {
                    dq[Place(c)] += ds * all.Key(head, key, c);
                    all.KeyGradient(head, key, c) += ds * q[Place(c)];
                    all.ValueGradient(head, key, c) += p[key] * gradient[Place(c)];
                }
            }
        }

        return [dq, all.KeyGradients, all.ValueGradients, all.MemoryGradients];
    }

    private static double[][] LinearAttention(Shape shape, double[] q, double[] k, double[] v, double[] memory, double[] gradient)
    {
        var (all, width) = (new Keys(shape, k, v, memory, channelsFirst: true), shape.Channels / shape.Heads);
        var dq = new double[q.Length];
        for (var head = 0; head < shape.Heads; head++)
        {
            int Place(int c, int pixel) => (((head * width) + c) * shape.Pixels) + pixel;
            var keys = new double[width][];
            for (var c = 0; c < width; c++)
            {
                keys[c] = [.. Enumerable.Range(0, all.Count).Select(key => all.Key(head, key, c))];
                Softmax(keys[c]);
            }

            double[,] s = new double[width, width], ds = new double[width, width];
            for (var i = 0; i < width * width; i++)
            {
                s[i / width, i % width] = Enumerable.Range(0, all.Count).Sum(key => keys[i / width][key] * all.Value(head, key, i % width)) / Math.Sqrt(width);
            }

            for (var pixel = 0; pixel < shape.Pixels; pixel++)
            {
                double[] p = [.. Enumerable.Range(0, width).Select(c => q[Place(c, pixel)])];
                Softmax(p);
                var dp = new double[width];
                for (var i = 0; i < width * width; i++)
                {
                    ds[i / width, i % width] += p[i / width] * gradient[Place(i % width, pixel)] / Math.Sqrt(width);
                    dp[i / width] += s[i / width, i % width] * gradient[Place(i % width, pixel)];
                }

                var mean = p.Zip(dp, (a, b) => a * b).Sum();
                for (var c = 0; c < width; c++)
                {
                    dq[Place(c, pixel)] = p[c] * (dp[c] - mean);
                }
            }

            for (var c = 0; c < width; c++)
            {
                double[] dp = [.. Enumerable.Range(0, all.Count).Select(key => Enumerable.Range(0, width).Sum(e => ds[c, e] * all.Value(head, key, e)))];
                var mean = keys[c].Zip(dp, (a, b) => a * b).Sum();
                for (var key = 0; key < all.Count; key++)
                {
                    all.KeyGradient(head, key, c) = keys[c][key] * (dp[key] - mean);
                    for (var e = 0; e < width; e++)
                    {
                        all.ValueGradient(head, key, e) += keys[c][key] * ds[c, e];
                    }
                }
            }
        }

        return [dq, all.KeyGradients, all.ValueGradients, all.MemoryGradients];
    }

    private static void Softmax(double[] x)
    {
        var largest = x.Max();
        var sum = x.Sum(v => Math.Exp(v - largest));
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = Math.Exp(x[i] - largest) / sum;
        }
    }

    private delegate double[][] Reference(Shape shape, double[] q, double[] k, double[] v, double[] memory, double[] gradient);

    private sealed record Shape(int Channels, int Pixels, int Heads, bool Linear);

    // The image's, then the learned ones.
    private sealed class Keys(Shape shape, double[] k, double[] v, double[] memory, bool channelsFirst)
    {
        private readonly int width = shape.Channels / shape.Heads;
        private readonly int learned = memory.Length / 2 / shape.Channels;

        public int Count => shape.Pixels + learned;

        public double[] KeyGradients { get; } = new double[k.Length];

        public double[] ValueGradients { get; } = new double[v.Length];

        public double[] MemoryGradients { get; } = new double[memory.Length];

        public double Key(int head, int key, int c) => key < shape.Pixels ? k[Place(head, key, c)] : memory[Learned(0, head, key, c)];

        public double Value(int head, int key, int c) => key < shape.Pixels ? v[Place(head, key, c)] : memory[Learned(1, head, key, c)];

        public ref double KeyGradient(int head, int key, int c) => ref key < shape.Pixels ? ref KeyGradients[Place(head, key, c)] : ref MemoryGradients[Learned(0, head, key, c)];

        public ref double ValueGradient(int head, int key, int c) => ref key < shape.Pixels ? ref ValueGradients[Place(head, key, c)] : ref MemoryGradients[Learned(1, head, key, c)];

        private int Place(int head, int key, int c) => (((head * width) + c) * shape.Pixels) + key;

        private int Learned(int which, int head, int key, int c) =>
            (((which * shape.Heads) + head) * learned * width) + (channelsFirst ? (c * learned) + key - shape.Pixels : ((key - shape.Pixels) * width) + c);
    }

    private sealed record Kernel(View[] Qkv, Segment Gradient, View[] Outputs, View? Learned, int Heads, float[] Memory, bool Linear) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var channels = Gradient.Channels;
            var layout = new MemoryLayout(Heads, Memory.Length / 2 / channels, channels / Heads, Linear);
            var place = ParameterPlace.Alone(layout, Memory);
            var memory = Memory.Length == 0 ? null : new AttentionMemory(layout, place);
            var outputs = new AttentionGradientOutputs(Outputs[0].Segments[0], Outputs[1].Segments[0], Outputs[2].Segments[0], Learned?.Segments[0].Buffer);
            IStep step = Linear
                ? new LinearAttentionGradient<T>(Qkv, Gradient, outputs, Heads, memory)
                : new AttentionGradient<T>(Qkv, Gradient, outputs, Heads, memory);
            return new Owning(step, [place]);
        }
    }
}
