using DiffusionSharp;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>Adds random nodes to a graph. What it has made, it may read again at any later step.</summary>
internal sealed class GraphWriter
{
    private const int MostElements = 6000;
    private const int MostMultiplications = 1_500_000;
    private static readonly int[] Widths = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 31, 32, 33, 40, 48, 64, 65, 70];

    private readonly GraphBuilder g;
    private readonly Random random;
    private readonly List<int> images = [];
    private readonly List<int> vectors = [];
    private int made;

    public GraphWriter(GraphBuilder graph, Random random, int? labelRows)
    {
        (g, this.random) = (graph, random);
        Keep(g.X());
        vectors.Add(Sinusoid(g.Timestep()));
        if (labelRows is int rows)
        {
            var label = g.Label();
            vectors.Add(g.Embedding(Name("embedding"), label, rows, random.Next(1, 20)));
        }
        else if (random.Next(6) == 0)
        {
            vectors.Add(Sinusoid(g.Label()));
        }
    }

    public NetworkGraph Build() => g.Build();

    /// <summary>Ends with a value of a shape, made of some images of its size and of a vector.</summary>
    public void End(ImageShape shape)
    {
        int[] fitting = [.. images.Append(vectors[^1]).Where(v => (g.Shape(v) with { Channels = shape.Channels }) == shape).TakeLast(4)];
        var sum = fitting.Select(v => Linear(v, shape.Channels)).Aggregate((a, b) => Add(a, b));
        Keep(g.AddPerChannel(Name("add_vector"), sum, Linear(vectors[^1], shape.Channels)));
    }

    /// <summary>One node, or a few that belong together.</summary>
    public void Step()
    {
        // Sometimes on vectors alone, as in the time embedding.
        var x = random.Next(8) == 0 || images.Count == 0 ? Any(vectors) : Any(images);
        var s = g.Shape(x);
        var even = s.Height % 2 == 0 && s.Width % 2 == 0;
        var (small, narrow) = (4 * s.Elements <= MostElements, s.Channels <= 70);
        _ = random.Next(36) switch
        {
            0 or 1 => Conv(x),
            2 => Conv(x, kernel: 3, stride: 1, padding: 1),
            3 => Norm(x),
            4 => Silu(x),
            5 or 6 => Add(x, Like(x)),
            7 => AddTime(x),
            8 => ScaleShift(x),
            9 => Keep(g.Affine(Name("affine"), x, One(2, 0.5, -0.7, 0.7071), One(0, 0, -1, 0.3))),
            10 or 11 when narrow => Keep(g.Concat(Name("concat"), x, Beside(x))),
            12 when small => Upsample(x),
            13 when even => Keep(g.AveragePool(Name("pool"), x)),
            14 => Keep(g.PadRightBottom(Name("pad"), x)),
            15 when s.Height * s.Width <= 150 => Attention(x),
            16 => Linear(x, Width()),
            17 => Keep(g.Dropout(Name("dropout"), x, 0.3)),
            18 => Conv(Silu(Norm(x)), kernel: 3, stride: 1, padding: 1),
            19 => Resnet(x),
            20 when small => Conv(Upsample(x), kernel: 3, stride: 1, padding: 1),
            21 => Conv(Keep(g.PadRightBottom(Name("pad"), x)), kernel: 3, stride: 2, padding: 0),
            22 => Reshape(Reshape(Reshape(x))),
            23 => Mix(Any(vectors)),
            24 when s.Channels >= 4 => RmsNorm(x),
            25 when s.Channels >= 4 => Silu(random.Next(2) == 0 ? ScaleShift(RmsNorm(x)) : RmsNorm(x)),
            26 => Keep(g.Gelu(Name("gelu"), x)),
            27 when s.Elements <= 2000 => LinearAttention(x),
            28 when s.Height * s.Width <= 150 => OneHead(x),
            29 when s.Height * s.Width <= 150 => Keep(g.PoolTokens(Name("tokens"), x)),
            30 => Keep(g.FirstPixel(Name("first"), x)),
            31 => Keep(g.Relu(Name("relu"), x)),
            32 => Keep(g.Relu(Name("relu"), Conv(x, kernel: 3, stride: 1, padding: 1))),
            33 => Pool(x),
            34 => Keep(g.MeanPixel(Name("mean"), x)),
            _ => Silu(Norm(x)),
        };
    }

    private int Sinusoid(int t) =>
        g.TimestepEmbedding(Name("sinusoid"), t, random.Next(4, 24), random.Next(2) == 0, random.Next(2), One(1, 1, 0.25, 0.7), One(10000, 10000, 300));

    // One in four longer one way than the other.
    private int Conv(int x) => Conv(x, random.Next(4) == 0 ? (One(1, 2, 3), One(1, 3, 7)) : One(1, 2, 3, 3, 5, 7), random.Next(1, 3), random.Next(3));

    private int Conv(int x, Sides kernel, int stride, int padding, int? width = null)
    {
        var s = g.Shape(x);
        Sides border = (Border(s.Height, kernel.Height), Border(s.Width, kernel.Width));
        var (height, columns) = (Outputs(s.Height, border.Height, kernel.Height), Outputs(s.Width, border.Width, kernel.Width));
        var affordable = Math.Max(1, Math.Min(MostElements, MostMultiplications / (kernel.Height * kernel.Width * s.Channels)) / (height * columns));
        return Keep(g.Conv2d(Name("conv"), x, width ?? Math.Min(Width(), affordable), kernel, stride, border));

        int Border(int side, int of) => side + (2 * padding) < of ? of / 2 : padding;

        int Outputs(int side, int zeros, int of) => ((side + (2 * zeros) - of) / stride) + 1;
    }

    // Of windows that are no larger than the image.
    private int Pool(int x)
    {
        var (kernel, stride) = (Math.Min(One(2, 3), Math.Min(g.Shape(x).Height, g.Shape(x).Width)), random.Next(1, 3));
        var padding = random.Next((kernel / 2) + 1);
        return Keep(random.Next(2) == 0 ? g.MaxPool(Name("largest"), x, kernel, stride, padding) : g.MeanPool(Name("mean"), x, kernel, stride, padding));
    }

    private int Norm(int x)
    {
        var channels = g.Shape(x).Channels;
        int[] divisors = [.. Enumerable.Range(1, channels).Where(n => channels % n == 0)];
        return Keep(g.GroupNorm(Name("norm"), x, One(divisors), One(1e-6, 1e-5)));
    }

    private int Silu(int x) => Keep(g.Silu(Name("silu"), x));

    private int Add(int a, int b) => Keep(random.Next(2) == 0 ? g.Add(Name("add"), a, b) : g.Add(Name("add"), b, a));

    private int Upsample(int x) => Keep(g.UpsampleNearest(Name("nearest"), x));

    private int RmsNorm(int x) => Keep(g.RmsNorm(Name("rms_norm"), x, 1e-12));

    private int Linear(int x, int width) => Keep(g.Linear(Name("linear"), x, width, hasBias: random.Next(4) > 0));

    private int AddTime(int x) => Keep(g.AddPerChannel(Name("add_time"), x, Vector(g.Shape(x).Channels)));

    private int ScaleShift(int x) => Keep(g.ScaleShift(Name("scale_shift"), x, Vector(2 * g.Shape(x).Channels)));

    private int Resnet(int x)
    {
        var h = Conv(Silu(Norm(x)), kernel: 3, stride: 1, padding: 1);
        h = random.Next(2) == 0 ? Norm(AddTime(h)) : ScaleShift(Norm(h));
        h = Conv(Silu(h), kernel: 3, stride: 1, padding: 1, width: g.Shape(h).Channels);
        var same = g.Shape(x) == g.Shape(h);
        return Add(same ? x : Conv(x, kernel: 1, stride: 1, padding: 0, width: g.Shape(h).Channels), h);
    }

    // What an engine may read in place, one upon the other.
    private int Reshape(int x)
    {
        var s = g.Shape(x);
        return random.Next(4) switch
        {
            0 when 4 * s.Elements <= MostElements => Upsample(x),
            1 => Keep(g.PadRightBottom(Name("pad"), x)),
            2 when s.Channels <= 70 => Keep(g.Concat(Name("concat"), x, Beside(x))),
            3 when s.Height % 2 == 0 && s.Width % 2 == 0 => Keep(g.AveragePool(Name("pool"), x)),
            _ => x,
        };
    }

    // A vector of the image and one of the timestep, in one sum.
    private int Mix(int x) => Add(x, Linear(Any(vectors), g.Shape(x).Channels));

    private int Attention(int x)
    {
        var (q, k, v, heads, memory) = ForAttention(x);
        return Keep(g.Attention(Name("attention"), q, k, v, heads, memory));
    }

    // With the projections around it that an engine may fold, now and then with something in between.
    private int OneHead(int x)
    {
        var (channels, h) = (g.Shape(x).Channels, random.Next(2) == 0 ? Norm(x) : x);
        h = Keep(g.Attention(Name("attention"), Projected(h, channels), Projected(h, channels), Projected(h, channels), heads: 1));
        h = Projected(random.Next(3) == 0 ? Keep(g.Dropout(Name("dropout"), h, 0.3)) : h, channels);
        return random.Next(3) == 0 ? h : Add(x, h);
    }

    private int Projected(int x, int width) => random.Next(2) == 0 ? Linear(x, width) : Conv(x, kernel: 1, stride: 1, padding: 0, width);

    private int LinearAttention(int x)
    {
        var (q, k, v, heads, memory) = ForAttention(x);
        return Keep(g.LinearAttention(Name("linear_attention"), q, k, v, heads, memory));
    }

    private (int Q, int K, int V, int Heads, (string Name, int Count)? Memory) ForAttention(int x)
    {
        var channels = g.Shape(x).Channels;
        int[] divisors = [.. Enumerable.Range(1, channels).Where(n => channels % n == 0)];
        var (q, k, v) = random.Next(3) == 0 ? (x, Like(x), Like(x)) : (Linear(x, channels), Linear(x, channels), Linear(x, channels));
        return (q, k, v, One(divisors), random.Next(2) == 0 ? null : (Name("memory"), random.Next(1, 20)));
    }

    // A vector of this many channels: one that is there, or a projection of one.
    private int Vector(int channels)
    {
        int[] fitting = [.. vectors.Where(v => g.Shape(v).Channels == channels)];
        return fitting.Length > 0 && random.Next(2) == 0 ? One(fitting) : Linear(Any(vectors), channels);
    }

    private int Like(int x) => One([.. images.Concat(vectors).Where(v => g.Shape(v) == g.Shape(x))]);

    private int Beside(int x) => One([.. images.Concat(vectors).Where(v => (g.Shape(v) with { Channels = 1 }) == (g.Shape(x) with { Channels = 1 }) && g.Shape(v).Channels <= 70)]);

    private int Width() => One(Widths);

    private int Any(List<int> values) => random.Next(2) == 0 ? values[^1] : values[random.Next(values.Count)];

    private T One<T>(params T[] choices) => choices[random.Next(choices.Length)];

    private string Name(string kind) => $"{kind}.{made++}";

    private int Keep(int value)
    {
        (g.Shape(value) is { Height: 1, Width: 1 } ? vectors : images).Add(value);
        return value;
    }
}
