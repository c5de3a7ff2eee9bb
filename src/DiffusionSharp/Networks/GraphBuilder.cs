namespace DiffusionSharp.Networks;

/// <summary>
/// Writes a <see cref="NetworkGraph"/> node by node and infers each shape; a shape that does not fit is an error that
/// names the node.
/// </summary>
internal sealed class GraphBuilder(ImageShape input, int? classCount = null, int? nullClass = null)
{
    private readonly List<Node> nodes = [];
    private readonly List<ParameterSpec> parameters = [];
    private readonly HashSet<string> names = [];

    public ImageShape Shape(int value) => nodes[value].Shape;

    public NetworkGraph Build() => new(nodes, parameters, input, classCount, nullClass);

    public int X() => Append("x", new Operation.InputX(), [], input);

    public int Timestep() => Append("t", new Operation.InputTimestep(), [], new ImageShape(1, 1, 1));

    public int Label() => Append("label", new Operation.InputLabel(), [], new ImageShape(1, 1, 1));

    public int Conv2d(string name, int x, int outChannels, int kernel, int stride, int padding, Initialization init = Initialization.FanAverageUniform)
    {
        var s = Shape(x);
        var (h, w) = (ConvolvedSide(name, s.Height), ConvolvedSide(name, s.Width));
        var weight = Parameter($"{name}.weight", [outChannels, s.Channels, kernel, kernel], init);
        var bias = Parameter($"{name}.bias", [outChannels], Initialization.Zero);
        return Append(name, new Operation.Conv2d(weight, bias, kernel, stride, padding), [x], new ImageShape(outChannels, h, w));

        int ConvolvedSide(string node, int side) => side + (2 * padding) >= kernel
            ? ((side + (2 * padding) - kernel) / stride) + 1
            : throw Misfit(node, $"a {kernel}×{kernel} kernel does not fit {s} with padding {padding}");
    }

    public int Linear(string name, int x, int outChannels, Initialization init = Initialization.FanAverageUniform, bool hasBias = true)
    {
        var s = Shape(x);
        var weight = Parameter($"{name}.weight", [outChannels, s.Channels], init);
        var bias = hasBias ? Parameter($"{name}.bias", [outChannels], Initialization.Zero) : null;
        return Append(name, new Operation.Linear(weight, bias), [x], s with { Channels = outChannels });
    }

    public int GroupNorm(string name, int x, int groups, double epsilon)
    {
        var s = Shape(x);
        if (groups < 1 || s.Channels % groups != 0)
        {
            throw Misfit(name, $"{s.Channels} channels cannot be normalised in {groups} groups; choose channels that {groups} divides, or other groups");
        }

        var weight = Parameter($"{name}.weight", [s.Channels], Initialization.One);
        var bias = Parameter($"{name}.bias", [s.Channels], Initialization.Zero);
        return Append(name, new Operation.GroupNorm(weight, bias, groups, epsilon), [x], s);
    }

    public int RmsNorm(string name, int x, double floor)
    {
        var weight = Parameter($"{name}.g", [Shape(x).Channels], Initialization.One);
        return Append(name, new Operation.RmsNorm(weight, floor), [x], Shape(x));
    }

    public int Gelu(string name, int x) => Append(name, new Operation.Gelu(), [x], Shape(x));

    public int Silu(string name, int x) => Append(name, new Operation.Silu(), [x], Shape(x));

    public int Affine(string name, int x, double factor, double offset = 0) => Append(name, new Operation.Affine(factor, offset), [x], Shape(x));

    public int Dropout(string name, int x, double probability) =>
        probability == 0 ? x : Append(name, new Operation.Dropout(probability), [x], Shape(x));

    public int Add(string name, int a, int b)
    {
        Require(Shape(a) == Shape(b), name, $"{Shape(a)} and {Shape(b)} cannot be added");
        return Append(name, new Operation.Add(), [a, b], Shape(a));
    }

    public int AddPerChannel(string name, int x, int vector)
    {
        Require(Shape(vector) == new ImageShape(Shape(x).Channels, 1, 1), name, $"a vector of {Shape(vector)} cannot be added to the channels of {Shape(x)}");
        return Append(name, new Operation.AddPerChannel(), [x, vector], Shape(x));
    }

    public int ScaleShift(string name, int x, int vector)
    {
        Require(Shape(vector) == new ImageShape(2 * Shape(x).Channels, 1, 1), name, $"a vector of {Shape(vector)} is no scale and shift of {Shape(x)}");
        return Append(name, new Operation.ScaleShift(), [x, vector], Shape(x));
    }

    public int Concat(string name, int a, int b)
    {
        var (s, other) = (Shape(a), Shape(b));
        Require(s.Height == other.Height && s.Width == other.Width, name, $"{s} and {other} differ in size; the image's sides must be divisible by 2 for every level but the last");
        return Append(name, new Operation.Concat(), [a, b], s with { Channels = s.Channels + other.Channels });
    }

    public int UpsampleNearest(string name, int x)
    {
        var s = Shape(x);
        return Append(name, new Operation.UpsampleNearest(), [x], s with { Height = 2 * s.Height, Width = 2 * s.Width });
    }

    public int AveragePool(string name, int x)
    {
        var s = Shape(x);
        Require(s.Height % 2 == 0 && s.Width % 2 == 0, name, $"{s} cannot be halved");
        return Append(name, new Operation.AveragePool(), [x], s with { Height = s.Height / 2, Width = s.Width / 2 });
    }

    public int PadRightBottom(string name, int x)
    {
        var s = Shape(x);
        return Append(name, new Operation.PadRightBottom(), [x], s with { Height = s.Height + 1, Width = s.Width + 1 });
    }

    // The memory: name and number of learned keys and values.
    public int Attention(string name, int q, int k, int v, int heads, (string Name, int Count)? memory = null)
    {
        var width = HeadWidth(name, q, k, v, heads);
        var learned = memory is { } m ? Parameter(m.Name, [2, heads, m.Count, width], Initialization.StandardNormal) : null;
        return Append(name, new Operation.Attention(heads, learned), [q, k, v], Shape(q));
    }

    public int LinearAttention(string name, int q, int k, int v, int heads, (string Name, int Count)? memory = null)
    {
        var width = HeadWidth(name, q, k, v, heads);
        var learned = memory is { } m ? Parameter(m.Name, [2, heads, width, m.Count], Initialization.StandardNormal) : null;
        return Append(name, new Operation.LinearAttention(heads, learned), [q, k, v], Shape(q));
    }

    public int PoolTokens(string name, int x)
    {
        var s = Shape(x);
        var tokens = (s.Height * s.Width) + 1;
        return Append(name, new Operation.PoolTokens(Parameter($"{name}.positions", [s.Channels, tokens], Initialization.FanAverageUniform)), [x], new ImageShape(s.Channels, 1, tokens));
    }

    public int FirstPixel(string name, int x) => Append(name, new Operation.FirstPixel(), [x], new ImageShape(Shape(x).Channels, 1, 1));

    public int TimestepEmbedding(string name, int t, int dimension, bool flipSinToCos, double freqShift, double scale = 1, double maxPeriod = 10000, int augmentation = 0)
    {
        Require(dimension / 2 > freqShift, name, $"dimension {dimension} is too small for a frequency shift of {freqShift}");
        Require(maxPeriod > 1 && double.IsFinite(maxPeriod), name, $"a largest period of {maxPeriod} is not above 1");
        var labels = augmentation == 0 ? null : Parameter(UNet.AugmentationWeight, [dimension, augmentation], Initialization.Zero);
        return Append(name, new Operation.TimestepEmbedding(dimension, flipSinToCos, freqShift, scale, maxPeriod, labels), [t], new ImageShape(dimension, 1, 1));
    }

    public int Embedding(string name, int label, int rows, int dimension)
    {
        Require(rows > 0, name, $"a label table needs at least one row, not {rows}");
        var table = Parameter($"{name}.weight", [rows, dimension], Initialization.StandardNormal);
        return Append(name, new Operation.Embedding(table), [label], new ImageShape(dimension, 1, 1));
    }

    private static DiffusionException Misfit(string node, string what) => new(ErrorKind.Configuration, $"network node {node}: {what}");

    private static void Require(bool fits, string node, string what)
    {
        if (!fits)
        {
            throw Misfit(node, what);
        }
    }

    private int HeadWidth(string name, int q, int k, int v, int heads)
    {
        var s = Shape(q);
        Require(s == Shape(k) && s == Shape(v), name, $"q {s}, k {Shape(k)} and v {Shape(v)} differ");
        Require(heads >= 1 && s.Channels % heads == 0, name, $"{s.Channels} channels cannot be split into {heads} heads");
        return s.Channels / heads;
    }

    private ParameterSpec Parameter(string name, ValueList<int> shape, Initialization init)
    {
        var parameter = new ParameterSpec(name, shape, init);
        MemoryNeed.Length(parameter.Elements, $"the weights {name} {shape}", "no such network can be run", ErrorKind.Configuration);
        parameters.Add(parameter);
        return parameter;
    }

    private int Append(string name, Operation operation, ValueList<int> inputs, ImageShape shape)
    {
        Require(names.Add(name), name, "the name occurs twice");
        Require(shape is { Channels: > 0, Height: > 0, Width: > 0 }, name, $"the shape {shape} is empty");
        MemoryNeed.Length(shape.Size, $"network node {name} of {shape}", "smaller images or fewer channels are needed", ErrorKind.Configuration);
        nodes.Add(new Node(name, operation, inputs, shape));
        return nodes.Count - 1;
    }
}
