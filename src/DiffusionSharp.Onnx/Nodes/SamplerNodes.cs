using DiffusionSharp.Networks;
using DiffusionSharp.Onnx.Format;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Onnx.Nodes;

/// <summary>Writes the steps of a <see cref="SamplingPlan"/> one after the other; see <see cref="SamplingStep"/> for what each computes.</summary>
/// <param name="g">Receives the nodes.</param>
/// <param name="network">Called in every step that has a timestep.</param>
/// <param name="guidance">W of classifier-free guidance.</param>
/// <param name="labels">The labels' name; null where none are taken.</param>
internal sealed class SamplerNodes(OnnxGraph g, NetworkGraph network, double guidance, string? labels)
{
    /// <summary>Refuses what one graph without random numbers cannot do.</summary>
    public static void Check(SamplingPlan plan, NetworkGraph network, double guidance)
    {
        string? problem = plan switch
        {
            _ when plan.Steps.Any(s => s.Sigma != 0) => "its steps draw noise, which a graph cannot: use eta 0 and a solver without noise",
            { IsGuided: true } => "its steps read a classifier's gradient, which the graph has not: export a plan without one",
            _ when plan.Steps.Any(s => s.Blends) => "its steps paint into a mask: export a plan without one",
            { X0Treatment.Kind: X0TreatmentKind.DynamicThreshold } => "it thresholds x0 dynamically: clip x0 to a fixed range instead, or not at all",
            { FixedPoint: not null } => "its steps are repeated until they converge: use an explicit solver",
            _ when !double.IsFinite(guidance) => $"guidance {guidance} must be a finite number",
            _ when guidance != 1 && network.NullClass is null => FormattableString.Invariant($"guidance {guidance} needs a network with a null class: leave it at 1"),
            _ => null,
        };
        if (problem is not null)
        {
            throw new DiffusionException(ErrorKind.Usage, $"the plan '{plan.Name}' cannot be exported: {problem}");
        }
    }

    /// <summary>Writes all steps.</summary>
    public void Write(SamplingPlan plan, string noise, string image)
    {
        var x = Sum("start", (plan.InitialScale, ToDouble("noise/double", noise)));
        var saved = "";
        var kept = new List<string>();
        for (var k = 0; k < plan.Steps.Count; k++)
        {
            var (step, name) = (plan.Steps[k], $"step.{k}");
            saved = step.Saves ? x : saved;
            List<(double, string)> terms = [(step.X, x)];
            if (step.Timestep is { } t)
            {
                var m = Predict(name, x, t);
                var x0 = PredictX0(plan.X0Treatment, step, name, x, m);
                terms.AddRange([(step.M, m), (step.X0, x0)]);
                if (step.Keeps)
                {
                    kept.Add(Sum($"{name}/d", (step.KeptX, x), (step.KeptM, m), (step.KeptX0, x0)));
                }
            }

            terms.Add((step.Saved, saved));
            var before = kept.Count - (step.Keeps ? 1 : 0);
            terms.AddRange((step.History ?? []).Select((coefficient, back) => (coefficient, kept[before - 1 - back])));
            x = Sum($"{name}/x", [.. terms]);
        }

        g.Node("Cast", image, [x], NodeAttribute.Create("to", (long)ElementType.Float));
    }

    private string PredictX0(X0Treatment treatment, SamplingStep step, string name, string x, string m)
    {
        if (step.X0 == 0 && step.KeptX0 == 0)
        {
            return "";
        }

        var x0 = Sum($"{name}/x0", (step.X0FromX, x), (step.X0FromM, m));
        return treatment.Kind == X0TreatmentKind.None ? x0 : g.Node(
            "Clip", $"{name}/clipped", [x0, g.Scalar(ElementType.Double, -treatment.Range), g.Scalar(ElementType.Double, treatment.Range)]);
    }

    private string Predict(string name, string x, double t)
    {
        var input = g.Node("Cast", $"{name}/input", [x], NodeAttribute.Create("to", (long)ElementType.Float));
        var time = g.Constant(t);
        if (guidance == 1)
        {
            return Call($"{name}/", labels);
        }

        var none = Call($"{name}/null/", g.Constant((long)network.NullClass!.Value));
        return guidance == 0 ? none : Sum($"{name}/guided", (1 - guidance, none), (guidance, Call($"{name}/", labels)));

        string Call(string prefix, string? classes)
        {
            var m = new NetworkNodes(g, prefix, input, time, classes).Write(network);

            // A network with learned variance returns 2C channels; the prediction is the first C.
            if (network.OutputShape.Channels != network.InputShape.Channels)
            {
                m = g.Node("Slice", $"{prefix}prediction", [m, g.Constant(0L), g.Constant((long)network.InputShape.Channels), g.Constant(1L)]);
            }

            return ToDouble($"{prefix}m", m);
        }
    }

    private string ToDouble(string name, string value) => g.Node("Cast", name, [value], NodeAttribute.Create("to", (long)ElementType.Double));

    // The terms in their order, without those of coefficient 0.
    private string Sum(string name, params (double Coefficient, string Value)[] terms)
    {
        var used = terms.Where(t => t.Coefficient != 0).DefaultIfEmpty(terms[0]);
        var parts = used.Select((t, i) => t.Coefficient == 1 ? t.Value : g.Node("Mul", $"{name}/{i}", [t.Value, g.Scalar(ElementType.Double, t.Coefficient)]));
        return parts.Index().Aggregate("", (sum, p) => p.Index == 0 ? p.Item : g.Node("Add", $"{name}/sum.{p.Index}", [sum, p.Item]));
    }
}
