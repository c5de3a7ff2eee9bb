using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Ops;

/// <summary>
/// Every operation of libtorch that TorchSharp has no method for, reached by TorchScript; the only file with such scripts.
/// Each takes one native call for all tensors, and is followed by the same thing in plain TorchSharp, which is used where the
/// scripts were not checked. All change their first argument in place; call them inside <c>no_grad</c>.
/// </summary>
internal static class FusedOps
{
    // A script that does not compile ends the process, so it is compiled only by the version it is tested with.
    private const string CheckedVersion = "2.10.";

    private const string Script = """
        def adamw_(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor],
                   lr: float, beta1: float, beta2: float, weight_decay: float, eps: float):
            none: List[Tensor] = []
            torch._fused_adamw_(p, g, m, v, none, steps, lr=lr, beta1=beta1, beta2=beta2,
                                weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False)

        def adam_(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor],
                  lr: float, beta1: float, beta2: float, weight_decay: float, eps: float):
            none: List[Tensor] = []
            torch._fused_adam_(p, g, m, v, none, steps, lr=lr, beta1=beta1, beta2=beta2,
                               weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False)

        def lerp_(a: List[Tensor], b: List[Tensor], weight: float):
            torch._foreach_lerp_(a, b, weight)

        def norm(g: List[Tensor]) -> Tensor:
            return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g, 2.0)), 2.0)

        def scale_(g: List[Tensor], factor: Tensor):
            torch._foreach_mul_(g, factor)

        """;

    private static readonly Lazy<jit.CompilationUnit> Unit = new(() => jit.compile(Script.ReplaceLineEndings("\n")));

    /// <summary>True where the scripts are used.</summary>
    public static bool Available { get; } = __version__.StartsWith(CheckedVersion, StringComparison.Ordinal);

    /// <summary>One step of Adam (weight decay added to the gradient) or AdamW (decoupled) for all parameters.</summary>
    /// <param name="p">Parameters, changed in place.</param>
    /// <param name="g">Gradients, with the parameters' types and strides.</param>
    /// <param name="m">First moments, changed in place; strides as the parameters'.</param>
    /// <param name="v">Second moments, changed in place; strides as the parameters'.</param>
    /// <param name="step">A float32 scalar on the parameters' device: the number of this step, from 1.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="o">The other settings.</param>
    public static void Adam_(Tensor[] p, Tensor[] g, Tensor[] m, Tensor[] v, Tensor step, double lr, AdamOptions o)
    {
        var steps = new Tensor[p.Length];
        Array.Fill(steps, step);
        Call(o.Decoupled ? "adamw_" : "adam_", [p, g, m, v, steps], lr, o.Beta1, o.Beta2, o.WeightDecay, o.Epsilon);
    }

    /// <summary>The same as <see cref="Adam_"/> by plain operations (Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2).</summary>
    public static void AdamPlain_(Tensor[] p, Tensor[] g, Tensor[] m, Tensor[] v, long step, double lr, AdamOptions o)
    {
        var correction1 = 1 - Math.Pow(o.Beta1, step);
        var correction2 = Math.Sqrt(1 - Math.Pow(o.Beta2, step));
        using Scalar kept = (1 - (lr * o.WeightDecay)).ToScalar(), decay = o.WeightDecay.ToScalar();
        using Scalar beta2 = o.Beta2.ToScalar(), new2 = (1 - o.Beta2).ToScalar(), epsilon = o.Epsilon.ToScalar(), one = 1.ToScalar();
        using Scalar root = correction2.ToScalar(), step1 = (-lr / correction1).ToScalar();
        using var new1 = tensor(1 - o.Beta1);
        for (var i = 0; i < p.Length; i++)
        {
            using var scope = NewDisposeScope();
            var gradient = g[i];
            if (o.WeightDecay != 0)
            {
                if (o.Decoupled)
                {
                    p[i].mul_(kept);
                }
                else
                {
                    gradient = gradient.add(p[i], alpha: decay);
                }
            }

            m[i].lerp_(gradient, new1);
            v[i].mul_(beta2).addcmul_(gradient, gradient, value: new2);
            var denominator = v[i].sqrt().div_(root).add_(epsilon, one);
            p[i].addcdiv_(m[i], denominator, value: step1);
        }
    }

    /// <summary>a = a + weight (b - a), for all pairs.</summary>
    public static void Lerp_(Tensor[] a, Tensor[] b, double weight) => Call("lerp_", [a, b], weight);

    /// <summary>The same as <see cref="Lerp_"/> by plain operations.</summary>
    public static void LerpPlain_(Tensor[] a, Tensor[] b, double weight)
    {
        using var scope = NewDisposeScope();
        var part = tensor(weight);
        for (var i = 0; i < a.Length; i++)
        {
            a[i].lerp_(b[i], part);
        }
    }

    /// <summary>The L2 norm over all values of all tensors: a scalar that is still on their device.</summary>
    public static Tensor Norm(Tensor[] g) => (Tensor)Call("norm", [g]);

    /// <summary>The same as <see cref="Norm"/> by plain operations.</summary>
    public static Tensor NormPlain(Tensor[] g)
    {
        using var scope = NewDisposeScope();
        return stack(g.Select(t => t.norm())).norm().MoveToOuterDisposeScope();
    }

    /// <summary>Multiplies all tensors by a scalar tensor.</summary>
    public static void Scale_(Tensor[] g, Tensor factor) => Call("scale_", [g, factor]);

    /// <summary>The same as <see cref="Scale_"/> by plain operations.</summary>
    public static void ScalePlain_(Tensor[] g, Tensor factor)
    {
        using var scope = NewDisposeScope();
        foreach (var t in g)
        {
            t.mul_(factor);
        }
    }

    // Arguments that are numbers are held here until the native call is over; TorchSharp would make temporaries of them.
    private static object Call(string function, object[] tensors, params double[] numbers)
    {
        var held = Array.ConvertAll(numbers, n => n.ToScalar());
        try
        {
#pragma warning disable RS0030 // no argument is a .NET number
            return Unit.Value.invoke(function, [.. tensors, .. held]);
#pragma warning restore RS0030
        }
        finally
        {
            Array.ForEach(held, n => n.Dispose());
        }
    }
}
