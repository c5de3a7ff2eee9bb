namespace DiffusionSharp.Networks;

/// <summary>
/// Writes a <see cref="NetworkGraph"/> node by node and infers each shape; a shape that does not fit is an error that
/// names the node. Every method returns the place of its node, which later ones take as their input; the last node is the prediction.
/// </summary>
/// <param name="input">Shape of one noisy image.</param>
/// <param name="classCount">Number of classes, the null class not counted; null without a table of them.</param>
/// <param name="nullClass">The label that stands for none; null where there is no such label.</param>
/// <remarks>
/// A node is named after the module it stands for, and its parameters after it: <c>NAME.weight</c>, <c>NAME.bias</c>. A name that occurs twice, a shape
/// that does not fit and a size beyond all memory are <see cref="DiffusionException"/>s of the kind <see cref="ErrorKind.Configuration"/>.
/// </remarks>
public sealed partial class GraphBuilder(ImageShape input, int? classCount = null, int? nullClass = null)
{
    private readonly List<Node> nodes = [];
    private readonly List<ParameterSpec> parameters = [];
    private readonly HashSet<string> names = [];

    /// <summary>Shape of a node's value for one image.</summary>
    /// <param name="value">The node.</param>
    public ImageShape Shape(int value) => nodes[value].Shape;

    /// <summary>The network; its last node is the prediction.</summary>
    public NetworkGraph Build()
    {
        Require(nodes.Any(n => n.Operation is Operation.InputX), nodes.LastOrDefault()?.Name ?? "x", "the network does not read the images x");
        return new NetworkGraph([.. nodes], [.. parameters], input, classCount, nullClass);
    }

    /// <summary>Convolution with zero padding on every side; weight [out, in, kernel height, kernel width] and bias [out].</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="outChannels">Channels of the result.</param>
    /// <param name="kernel">Sides of the kernel; a number for a square one.</param>
    /// <param name="stride">Step between outputs.</param>
    /// <param name="padding">Zeros above and below, and on the left and right; a number for all sides.</param>
    /// <param name="init">How the weight begins.</param>
    public int Conv2d(string name, int x, int outChannels, Sides kernel, int stride, Sides padding, Initialization init = Initialization.FanAverageUniform)
    {
        var shape = Windows(name, Shape(x), kernel, stride, padding) with { Channels = outChannels };
        var weight = Parameter($"{name}.weight", [outChannels, Shape(x).Channels, kernel.Height, kernel.Width], init);
        var bias = Parameter($"{name}.bias", [outChannels], Initialization.Zero);
        return Append(name, new Operation.Conv2d(weight, bias, kernel, stride, padding), [x], shape);
    }

    /// <summary>The same matrix [out, in] applied to the channels of every pixel, plus a bias [out].</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="outChannels">Channels of the result.</param>
    /// <param name="init">How the weight begins.</param>
    /// <param name="hasBias">Whether a bias is added.</param>
    public int Linear(string name, int x, int outChannels, Initialization init = Initialization.FanAverageUniform, bool hasBias = true)
    {
        var s = Shape(x);
        var weight = Parameter($"{name}.weight", [outChannels, s.Channels], init);
        var bias = hasBias ? Parameter($"{name}.bias", [outChannels], Initialization.Zero) : null;
        return Append(name, new Operation.Linear(weight, bias), [x], s with { Channels = outChannels });
    }

    /// <summary>Normalises each group of channels of each image, then scales and shifts each channel.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="groups">Number of groups; divides the channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
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

    /// <summary>Scales the channels of each pixel to the length √C, then each by its own g, the parameter <c>NAME.g</c>.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="floor">The least length that is divided by.</param>
    public int RmsNorm(string name, int x, double floor)
    {
        var weight = Parameter($"{name}.g", [Shape(x).Channels], Initialization.One);
        return Append(name, new Operation.RmsNorm(weight, floor), [x], Shape(x));
    }

    /// <summary>y = x·Φ(x).</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    public int Gelu(string name, int x) => Append(name, new Operation.Gelu(), [x], Shape(x));

    /// <summary>y = x·sigmoid(x).</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    public int Silu(string name, int x) => Append(name, new Operation.Silu(), [x], Shape(x));

    /// <summary>y = max(x, 0).</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    public int Relu(string name, int x) => Append(name, new Operation.Relu(), [x], Shape(x));

    /// <summary>y = factor·x + offset.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="offset">The offset.</param>
    public int Affine(string name, int x, double factor, double offset = 0) => Append(name, new Operation.Affine(factor, offset), [x], Shape(x));

    /// <summary>In training, zeroes values with a probability and scales up the rest; a probability of 0 adds no node.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="probability">In [0, 1).</param>
    public int Dropout(string name, int x, double probability) =>
        probability == 0 ? x
        : probability is > 0 and < 1 ? Append(name, new Operation.Dropout(probability), [x], Shape(x))
        : throw Misfit(name, $"a dropout of {probability} is not in [0, 1)");

    /// <summary>a + b of the same shape.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="a">The one.</param>
    /// <param name="b">The other.</param>
    public int Add(string name, int a, int b)
    {
        Require(Shape(a) == Shape(b), name, $"{Shape(a)} and {Shape(b)} cannot be added");
        return Append(name, new Operation.Add(), [a, b], Shape(a));
    }

    /// <summary>An image of C channels plus a vector of C, which is added to every pixel.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">The image.</param>
    /// <param name="vector">The vector.</param>
    public int AddPerChannel(string name, int x, int vector)
    {
        Require(Shape(vector) == new ImageShape(Shape(x).Channels, 1, 1), name, $"a vector of {Shape(vector)} cannot be added to the channels of {Shape(x)}");
        return Append(name, new Operation.AddPerChannel(), [x, vector], Shape(x));
    }

    /// <summary>x·(1 + scale) + shift, where a vector of 2C holds scale, then shift.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">The image, of C channels.</param>
    /// <param name="vector">The vector.</param>
    public int ScaleShift(string name, int x, int vector)
    {
        Require(Shape(vector) == new ImageShape(2 * Shape(x).Channels, 1, 1), name, $"a vector of {Shape(vector)} is no scale and shift of {Shape(x)}");
        return Append(name, new Operation.ScaleShift(), [x, vector], Shape(x));
    }

    /// <summary>Joins channels of images of one size: a's, then b's.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="a">The one.</param>
    /// <param name="b">The other.</param>
    public int Concat(string name, int a, int b)
    {
        var (s, other) = (Shape(a), Shape(b));
        Require(s.Height == other.Height && s.Width == other.Width, name, $"{s} and {other} differ in size; the image's sides must be divisible by 2 for every level but the last");
        return Append(name, new Operation.Concat(), [a, b], s with { Channels = s.Channels + other.Channels });
    }

    /// <summary>Doubles both sides by repeating pixels.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    public int UpsampleNearest(string name, int x)
    {
        var s = Shape(x);
        return Append(name, new Operation.UpsampleNearest(), [x], s with { Height = 2 * s.Height, Width = 2 * s.Width });
    }

    /// <summary>One column of zeros on the right and one row at the bottom.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    public int PadRightBottom(string name, int x)
    {
        var s = Shape(x);
        return Append(name, new Operation.PadRightBottom(), [x], s with { Height = s.Height + 1, Width = s.Width + 1 });
    }

    /// <summary>softmax(q·kᵀ/√d)·v over all pixels of an image, per head of d channels.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys, of the same shape.</param>
    /// <param name="v">Values, of the same shape.</param>
    /// <param name="heads">Number of heads; divides the channels.</param>
    /// <param name="memory">Name and number of learned keys and values that join those of every image; null for none.</param>
    public int Attention(string name, int q, int k, int v, int heads, (string Name, int Count)? memory = null)
    {
        var width = HeadWidth(name, q, k, v, heads);
        var learned = memory is { } m ? Parameter(m.Name, [2, heads, m.Count, width], Initialization.StandardNormal) : null;
        return Append(name, new Operation.Attention(heads, learned), [q, k, v], Shape(q));
    }

    /// <summary>Attention at a cost linear in the pixels (Shen et al. 2018), per head.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys, of the same shape.</param>
    /// <param name="v">Values, of the same shape.</param>
    /// <param name="heads">Number of heads; divides the channels.</param>
    /// <param name="memory">Name and number of learned keys and values that join those of every image; null for none.</param>
    public int LinearAttention(string name, int q, int k, int v, int heads, (string Name, int Count)? memory = null)
    {
        var width = HeadWidth(name, q, k, v, heads);
        var learned = memory is { } m ? Parameter(m.Name, [2, heads, width, m.Count], Initialization.StandardNormal) : null;
        return Append(name, new Operation.LinearAttention(heads, learned), [q, k, v], Shape(q));
    }

    /// <summary>The pixels of an image as a row of tokens, their mean first, each plus a learned vector of its place (<c>NAME.positions</c>).</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    public int PoolTokens(string name, int x)
    {
        var s = Shape(x);
        var tokens = (s.Height * s.Width) + 1;
        return Append(name, new Operation.PoolTokens(Parameter($"{name}.positions", [s.Channels, tokens], Initialization.FanAverageUniform)), [x], new ImageShape(s.Channels, 1, tokens));
    }

    /// <summary>The first pixel, as a vector.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    public int FirstPixel(string name, int x) => Append(name, new Operation.FirstPixel(), [x], new ImageShape(Shape(x).Channels, 1, 1));

    private static DiffusionException Misfit(string node, string what) => new(ErrorKind.Configuration, $"network node {node}: {what}");

    private static void Require(bool fits, string node, string what)
    {
        if (!fits)
        {
            throw Misfit(node, what);
        }
    }

    // One value for each place of a window.
    private static ImageShape Windows(string name, ImageShape s, Sides kernel, int stride, Sides padding)
    {
        Require(
            Math.Min(kernel.Height, kernel.Width) >= 1 && stride >= 1 && Math.Min(padding.Height, padding.Width) >= 0,
            name,
            $"a kernel of {kernel} with stride {stride} and padding {padding} is none: at least 1, 1 and 0");
        var (height, width) = (s.Height + (2 * padding.Height) - kernel.Height, s.Width + (2 * padding.Width) - kernel.Width);
        Require(Math.Min(height, width) >= 0, name, $"a {kernel} kernel does not fit {s} with padding {padding}");
        return s with { Height = (height / stride) + 1, Width = (width / stride) + 1 };
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
